/**
 * The thread that the embedded engine runs in: opens PGlite with TimescaleDB, says `ready`, and then serves each
 * connection that it is sent. It closes the database and ends when it is sent `close`.
 */
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { timescaledb } from '@electric-sql/pglite/timescaledb';
import { EmbeddedSession } from './embedded-session.ts';
import type { EmbeddedConnection } from './embedded-stream.ts';

async function openDatabase(dataDir: string | undefined): Promise<PGlite> {
  if (dataDir === undefined) return createDatabase('memory://');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const finished = join(dataDir, 'pgdata');
  const unfinished = join(dataDir, 'pgdata.initializing');
  await rm(unfinished, { recursive: true, force: true });
  if (!(await exists(finished))) {
    const database = await createDatabase(unfinished);
    await database.exec('CHECKPOINT');
    await database.close();
    await rename(unfinished, finished);
  }
  return reopenDatabase(finished);
}

async function createDatabase(location: string): Promise<PGlite> {
  const database = new PGlite({ dataDir: location, extensions: { timescaledb } });
  await database.exec('CREATE EXTENSION IF NOT EXISTS timescaledb');
  return database;
}

/** Without a preload the extension's libraries are absent at first, and hypertables look empty. */
async function reopenDatabase(location: string): Promise<PGlite> {
  const database = new PGlite({ dataDir: location, extensions: { timescaledb } });
  const { rows } = await database.query<{ version: string }>(
    `SELECT extversion AS version FROM pg_extension WHERE extname = 'timescaledb'`,
  );
  const version = rows[0]!.version;
  for (const library of ['timescaledb', `timescaledb-${version}`, `timescaledb-tsl-${version}`]) {
    await database.exec(`LOAD '$libdir/${library}'`);
  }
  return database;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

const session = new EmbeddedSession(await openDatabase(workerData as string | undefined));

parentPort!.on('message', async (message: EmbeddedConnection | 'close') => {
  if (message !== 'close') return session.serve(message);
  await session.close();
  process.exit(0);
});
parentPort!.postMessage('ready');
