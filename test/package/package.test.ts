import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FileServer, findChromium, logOfPage, serveFiles } from '../support/browser.ts';
import {
  type InstalledServer,
  installScratchProject,
  run,
  type ScratchProject,
  serveInstalled,
  writeScratch,
} from './installed.ts';

const CLIENT_MAX_GZIPPED_BYTES = 35 * 1024;

let project: ScratchProject;
let server: InstalledServer;
let files: FileServer;

beforeAll(async () => {
  project = await installScratchProject();
  files = await serveFiles(join(project.directory, 'dist'));
  server = await serveInstalled(project, { ALLOWED_ORIGINS: files.origin });
}, 300_000);
afterAll(async () => {
  files?.close();
  await server?.stop();
  await project?.remove();
}, 60_000);

/** Writes an example into the scratch project as it reads, but for the address. */
async function exampleFor(url: string, path: string): Promise<string> {
  const source = await readFile(join(project.directory, 'src/client.ts'), 'utf8');
  return writeScratch(project, path, source.replace('http://localhost:8000', url));
}

/** Bundles as a front end does. */
async function bundle(entry: string, outDir: string): Promise<Rolldown.OutputChunk> {
  const output = (await build({
    root: project.directory,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, target: 'es2022', rolldownOptions: { input: entry } },
  })) as Rolldown.RolldownOutput;
  return output.output.find((part) => part.type === 'chunk')!;
}

describe('the packed package', () => {
  test('holds what runs, and nothing else', async () => {
    const names = (await run(project.directory, 'tar', '-tzf', project.tarball)).trim().split('\n');
    for (const needed of [
      'dist/src/main.js',
      'dist/src/client.d.ts',
      'dist/workers/downsample.js',
      'dist/web/index.html',
    ]) {
      expect(names).toContain(`package/${needed}`);
    }
    expect(names.some((name) => name.startsWith('package/dist/sql/'))).toBe(true);
    expect(names.filter((name) => /\.ts$/.test(name) && !name.endsWith('.d.ts'))).toEqual([]);
    expect(names.filter((name) => /package\/(src|test|bench|scripts|data)\//.test(name))).toEqual([]);
  });

  test('is sound by publint and by arethetypeswrong', async () => {
    await run(project.directory, 'publint', 'run', '--strict', project.tarball);
    await run(project.directory, 'attw', project.tarball, '--profile', 'esm-only');
  });

  test('says what each procedure does where an editor shows it', async () => {
    const router = await readFile(
      join(project.directory, 'node_modules/hyperdash/dist/src/api/router.d.ts'),
      'utf8',
    );
    for (const procedure of ['series', 'latest', 'hosts', 'metrics', 'ingest', 'status']) {
      expect(router).toMatch(new RegExp(`\\*/\\n +readonly ${procedure}:`));
    }
  });
});

describe('a project that installed it', () => {
  const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
  const browser = { target: 'es2022', lib: ['es2022', 'dom', 'dom.iterable'], jsx: 'react-jsx', types: [] };

  test.each([
    ['a bundler', { module: 'esnext', moduleResolution: 'bundler', ...browser }],
    ['Node', { module: 'nodenext', moduleResolution: 'nodenext', ...browser }],
  ])(
    'compiles the examples, declarations checked too, as for %s',
    async (_, options) => {
      const compilerOptions = { ...strict, ...options, skipLibCheck: false, noEmit: true };
      await writeScratch(
        project,
        'tsconfig.json',
        JSON.stringify({ compilerOptions, include: ['src'], exclude: ['src/recharts.tsx'] }),
      );
      await run(project.directory, 'tsc', '-p', 'tsconfig.json');
    },
    120_000,
  );

  test('compiles the Recharts page, whose own declarations are not sound', async () => {
    const options = { module: 'esnext', moduleResolution: 'bundler', ...browser };
    const compilerOptions = { ...strict, ...options, skipLibCheck: true, noEmit: true };
    const tsconfig = JSON.stringify({ compilerOptions, include: ['src/recharts.tsx'] });
    await writeScratch(project, 'recharts.json', tsconfig);
    await run(project.directory, 'tsc', '-p', 'recharts.json');
  }, 120_000);

  test('is told where it misuses the client', async () => {
    await writeScratch(
      project,
      'misuse/misuse.ts',
      `import { createMetricsClient } from 'hyperdash/client';
       await createMetricsClient({ url: '' }).series.query({ metric_name: 'm', resolution: 'weekly' });`,
    );
    const compilerOptions = {
      ...strict,
      module: 'esnext',
      moduleResolution: 'bundler',
      noEmit: true,
      types: [],
    };
    await writeScratch(project, 'misuse/tsconfig.json', JSON.stringify({ compilerOptions, include: ['.'] }));
    await expect(run(project.directory, 'tsc', '-p', 'misuse/tsconfig.json')).rejects.toThrow(
      /TS2820|TS2322/,
    );
  }, 60_000);

  test('runs the example in Node against the installed program', async () => {
    const path = await exampleFor(server.url, 'run/node.ts');
    const lines = (await run(project.directory, 'node', path)).trim().split('\n');
    expect(lines[0]).toMatch(/^[1-9]\d* points from metrics$/);
    expect(lines.at(-1)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z 42$/);
  }, 60_000);

  test('bundles a client without server code, in at most 35 KB gzipped', async () => {
    const entry = await writeScratch(
      project,
      'size/main.ts',
      `import * as hyperdash from 'hyperdash/client'; globalThis.hyperdash = hyperdash;`,
    );
    const { code, moduleIds } = await bundle(entry, 'size/dist');
    const packages = moduleIds.flatMap((id) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []);
    expect(new Set(packages)).toEqual(
      new Set(['hyperdash', '@trpc/client', '@trpc/server', 'superjson', 'copy-anything']),
    );
    const gzippedBytes = gzipSync(code).length;
    console.log(`the client with all it imports: ${(gzippedBytes / 1024).toFixed(1)} KB gzipped`);
    expect(gzippedBytes).toBeLessThanOrEqual(CLIENT_MAX_GZIPPED_BYTES);
  }, 60_000);

  const chromium = findChromium();
  if (chromium === undefined) console.log('no Chromium here: the bundled example is not run in a browser');

  test.skipIf(chromium === undefined)(
    'runs the example in Chromium, bundled by Vite, from another origin',
    async () => {
      await exampleFor(server.url, 'page/example.ts');
      await writeScratch(project, 'page/main.ts', `await import('./example.ts'); console.log('done');`);
      const html =
        '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page/main.ts"></script>';
      await bundle(await writeScratch(project, 'index.html', html), 'dist');
      const lines = await logOfPage(chromium!, `${files.origin}/index.html`);
      expect(lines[0]).toMatch(/^[1-9]\d* points from metrics$/);
      expect(lines.at(-1)).toMatch(/Z 42$/);
    },
    60_000,
  );
});
