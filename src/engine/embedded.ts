import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { inTime } from '../domain/in-time.ts';
import { HyperdashError } from '../errors.ts';
import { drained } from './drain.ts';
import { type EmbeddedConnection, EmbeddedStream } from './embedded-stream.ts';
import { type EmbeddedThread, startEmbeddedThread } from './embedded-thread.ts';
import type { Engine } from './engine.ts';
import { columnTypes } from './types.ts';

const QUERIES_GRACE_MS = 2_000;
const THREAD_GRACE_MS = 2_500;
const CLIENTS_GRACE_MS = 500;
const RESTART_PAUSE_MS = 1_000;

/** Where the embedded engine keeps its data. */
export interface EmbeddedOptions {
  /** Directory, created when absent; or `memory:`, which keeps nothing. */
  readonly dataDir: string;
  /** Told why the database failed, each time before it is started again. */
  readonly onFailure?: ((reason: Error) => void) | undefined;
}

/**
 * Starts PostgreSQL with TimescaleDB inside this process, in a thread of its own. One process may have a data
 * directory open at a time: take its lock first. Should the database fail, its queries end with a connection error
 * until it has been reopened, which happens by itself; data in memory is lost then, so `memory:` stays down.
 * @throws HyperdashError SERVICE_UNAVAILABLE when the data directory cannot be opened
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Engine> {
  const inMemory = options.dataDir === 'memory:';
  const dataDir = inMemory ? undefined : resolve(options.dataDir);
  const supervisor = await supervise(dataDir, options.onFailure ?? (() => {})).catch((error: Error) => {
    const message = `cannot open the database in ${dataDir ?? 'memory'}: ${error.message}`;
    throw new HyperdashError('SERVICE_UNAVAILABLE', message, { cause: error });
  });
  const pool = openPool(supervisor);
  let closed: Promise<void> | undefined;
  return {
    kind: 'embedded',
    pool,
    abilities: { connections: 1, cancel: false, backgroundJobs: false },
    close() {
      closed ??= closeAll(pool, supervisor);
      return closed;
    },
  };
}

function openPool(supervisor: Supervisor): pg.Pool {
  const pool = new pg.Pool({
    stream: () => new EmbeddedStream(supervisor.connect),
    user: 'postgres',
    database: 'template1',
    ssl: false,
    max: 1,
    idleTimeoutMillis: 0,
    types: columnTypes(),
  });
  // A connection that breaks while idle is replaced at the next use; without a listener it would end the process.
  pool.on('error', () => {});
  // One that breaks between two statements of its user fails the next of them.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

interface Supervisor {
  /** @throws Error ECONNREFUSED while the database is down */
  connect(): EmbeddedConnection;
  close(): Promise<void>;
}

/** Keeps a thread running: starts another when one fails. */
async function supervise(
  dataDir: string | undefined,
  onFailure: (reason: Error) => void,
): Promise<Supervisor> {
  const closing = new AbortController();
  let thread: EmbeddedThread | undefined = await startEmbeddedThread(dataDir);

  async function keepRunning(running: EmbeddedThread): Promise<void> {
    const reason = await running.ended;
    thread = undefined;
    if (!closing.signal.aborted) onFailure(reason);
    while (!thread && dataDir !== undefined && !closing.signal.aborted) {
      thread = await startEmbeddedThread(dataDir).catch(async (error: Error) => {
        onFailure(error);
        await sleep(RESTART_PAUSE_MS, undefined, { signal: closing.signal }).catch(() => {});
        return undefined;
      });
    }
    if (!thread) return;
    if (closing.signal.aborted) await thread.close(THREAD_GRACE_MS);
    else return keepRunning(thread);
  }

  const finished = keepRunning(thread);
  return {
    connect() {
      if (thread) return thread.connect();
      throw Object.assign(new Error('the embedded database is down'), { code: 'ECONNREFUSED' });
    },
    async close() {
      closing.abort();
      const last = thread;
      thread = undefined;
      await last?.close(THREAD_GRACE_MS);
      await finished;
    },
  };
}

/** Those who still hold or await the connection when their time is over get a connection error, not silence. */
async function closeAll(pool: pg.Pool, supervisor: Supervisor): Promise<void> {
  await drained(pool, QUERIES_GRACE_MS);
  await supervisor.close();
  await drained(pool, CLIENTS_GRACE_MS);
  await inTime(pool.end(), CLIENTS_GRACE_MS);
}
