/**
 * The thread that the embedded engine runs in: PGlite with TimescaleDB behind a Unix socket. It says `ready` when
 * the socket listens, closes everything and ends at any message, and ends with an error when PostgreSQL has failed.
 */
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { timescaledb } from '@electric-sql/pglite/timescaledb';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import type { EmbeddedThreadOptions } from './embedded-thread.ts';

/** A closing connection is still counted while its successor opens; statements run one at a time all the same. */
const MAX_SOCKETS = 16;

/** Ends the thread at the first failure of the WASM program: SQL errors are answers, anything thrown is a trap. */
class FailStopPGlite extends PGlite {
  #failure: unknown;

  override execProtocolRawSync(message: Uint8Array): Uint8Array<ArrayBuffer> {
    // Messages already queued must not reach memory that a trap has left in pieces.
    if (this.#failure) throw this.#failure;
    try {
      return super.execProtocolRawSync(message) as Uint8Array<ArrayBuffer>;
    } catch (error) {
      this.#failure = error;
      setImmediate(() => {
        throw error;
      });
      throw error;
    }
  }
}

async function openDatabase(dataDir: string | undefined): Promise<PGlite> {
  if (dataDir === undefined) return createDatabase('memory://');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const finished = join(dataDir, 'pgdata');
  const unfinished = join(dataDir, 'pgdata.initializing');
  await rm(unfinished, { recursive: true, force: true });
  if (!(await exists(finished))) {
    await closeDatabase(await createDatabase(unfinished));
    await rename(unfinished, finished);
  }
  return reopenDatabase(finished);
}

async function createDatabase(location: string): Promise<PGlite> {
  const database = new FailStopPGlite({ dataDir: location, extensions: { timescaledb } });
  await database.exec('CREATE EXTENSION IF NOT EXISTS timescaledb');
  return database;
}

/** Without a preload the extension's libraries are absent at first, and hypertables look empty. */
async function reopenDatabase(location: string): Promise<PGlite> {
  const database = new FailStopPGlite({ dataDir: location, extensions: { timescaledb } });
  const { rows } = await database.query<{ version: string }>(
    `SELECT extversion AS version FROM pg_extension WHERE extname = 'timescaledb'`,
  );
  const version = rows[0]!.version;
  for (const library of ['timescaledb', `timescaledb-${version}`, `timescaledb-tsl-${version}`]) {
    await database.exec(`LOAD '$libdir/${library}'`);
  }
  return database;
}

async function closeDatabase(database: PGlite): Promise<void> {
  await database.exec('ROLLBACK');
  await database.exec('CHECKPOINT');
  await database.close();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

const { dataDir, socketPath } = workerData as EmbeddedThreadOptions;
const database = await openDatabase(dataDir);
await rm(socketPath, { force: true });
const server = new PGLiteSocketServer({ db: database, path: socketPath, maxConnections: MAX_SOCKETS });
await server.start();

parentPort!.once('message', async () => {
  await server.stop();
  await closeDatabase(database);
  process.exit(0);
});
parentPort!.postMessage('ready');
