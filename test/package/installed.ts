import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Programs of this repository, and its Node before any other. */
const env = { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}` };

/** Runs a program to its end. @throws with what it printed where it fails */
export async function run(cwd: string, program: string, ...args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { cwd, env, maxBuffer: 1e8 });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error });
  }
}

/** What `npm pack` builds from. */
const SOURCES = [
  'LICENSE',
  'README.md',
  'package-lock.json',
  'package.json',
  'sql',
  'src',
  'tsconfig.build.json',
  'tsconfig.json',
  'web',
  'workers',
];

/** Copies this package's sources: packing begins by deleting `dist`, which other tests are being served from. */
async function copySources(directory: string): Promise<string> {
  const copy = join(directory, 'hyperdash');
  for (const source of SOURCES) await cp(join(ROOT, source), join(copy, source), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** A project outside the repository that has installed this package as users get it. */
export interface ScratchProject {
  readonly directory: string;
  readonly tarball: string;
  remove(): Promise<void>;
}

/** Packs this package, and installs the tarball with what the examples need beside it. */
export async function installScratchProject(): Promise<ScratchProject> {
  const directory = await mkdtemp(join(tmpdir(), 'hyperdash-scratch-'));
  await run(await copySources(directory), 'npm', 'pack', '--pack-destination', directory);
  const packed = (await readdir(directory)).find((name) => name.endsWith('.tgz'));
  const tarball = join(directory, packed!);
  await writeFile(
    join(directory, 'package.json'),
    JSON.stringify({
      name: 'scratch',
      private: true,
      type: 'module',
      dependencies: {
        hyperdash: `file:${tarball}`,
        '@tanstack/react-query': '5.108.0',
        '@types/react': '19.2.2',
        '@types/react-dom': '19.2.7',
        react: '19.3.1',
        'react-dom': '19.3.1',
        recharts: '3.10.1',
      },
    }),
  );
  await run(directory, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts');
  await cp(join(ROOT, 'examples'), join(directory, 'src'), { recursive: true });
  return { directory, tarball, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** A file of the scratch project. */
export async function writeScratch(project: ScratchProject, path: string, content: string): Promise<string> {
  const file = join(project.directory, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}

/** The installed program, serving. */
export interface InstalledServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts `npx hyperdash serve` in the scratch project, on the embedded engine, which then keeps nothing. */
export async function serveInstalled(
  project: ScratchProject,
  settings: Readonly<Record<string, string>>,
): Promise<InstalledServer> {
  const child = spawn('npx', ['--no-install', 'hyperdash', 'serve'], {
    cwd: project.directory,
    env: { ...env, PORT: '0', AGENT: 'off', DATA_DIR: 'memory:', DATABASE_URL: '', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const url = await listeningUrl(child);
  return {
    url,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      // npx passes no signal on: the whole group is told.
      process.kill(-child.pid!, 'SIGTERM');
      await ended;
    },
  };
}

async function listeningUrl(child: ChildProcess): Promise<string> {
  let errors = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  for await (const line of createInterface({ input: child.stdout! })) {
    const url = /Server listening at (http:[^"]+)/.exec(line)?.[1];
    if (url !== undefined) {
      child.stdout!.resume();
      return url;
    }
  }
  throw new Error(`hyperdash serve ended without listening\n${errors}`);
}
