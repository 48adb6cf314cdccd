import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../', import.meta.url);
/** What the page is made of. */
const SOURCES = ['web', 'src/client.ts', 'src/contract', 'package-lock.json'];
const BUILT = new URL('dist/web/index.html', ROOT);

/** Builds the page into dist/web where any of its sources is newer than what is there; about two seconds. */
export async function buildWebWhenStale(): Promise<void> {
  const builtMs = statSync(BUILT, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (SOURCES.every((source) => newestMs(fileURLToPath(new URL(source, ROOT))) < builtMs)) return;
  const { build } = await import('vite');
  await build({ configFile: fileURLToPath(new URL('vite.config.ts', import.meta.url)), logLevel: 'error' });
}

/** Time of the newest change below a path; a folder's own tells of files that are gone. */
function newestMs(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return readdirSync(path).reduce(
    (newest, name) => Math.max(newest, newestMs(`${path}/${name}`)),
    stats.mtimeMs,
  );
}

if (import.meta.main) await buildWebWhenStale();
