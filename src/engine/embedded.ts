import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { HyperdashError } from '../errors.ts';
import { type EmbeddedThread, type EmbeddedThreadOptions, startEmbeddedThread } from './embedded-thread.ts';
import type { Engine } from './engine.ts';
import { columnTypes } from './types.ts';

/** The name that PostgreSQL clients look for in a socket directory, on this port. */
const SOCKET_PORT = 5432;
const SOCKET_NAME = `.s.PGSQL.${SOCKET_PORT}`;
/** A Unix socket's path has at most 108 bytes with its end, on some systems 104. */
const MAX_SOCKET_PATH_BYTES = 103;
const QUERIES_GRACE_MS = 2_000;
const THREAD_GRACE_MS = 2_500;
const RESTART_PAUSE_MS = 1_000;

/** PGlite starts PostgreSQL with settings for its own tests on the command line; these are PostgreSQL's defaults. */
const SESSION_SETTINGS = `
  SET search_path = "$user", public;
  SET enable_seqscan = on;
  SET allow_system_table_mods = off;
  SET client_min_messages = notice;
  SET log_min_messages = error;
  SET exit_on_error = off`;

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
  const socketDir = await makeSocketDir();
  const inMemory = options.dataDir === 'memory:';
  const threadOptions: EmbeddedThreadOptions = {
    dataDir: inMemory ? undefined : resolve(options.dataDir),
    socketPath: join(socketDir, SOCKET_NAME),
  };
  let supervisor: Supervisor;
  try {
    supervisor = await supervise(threadOptions, options.onFailure ?? (() => {}));
  } catch (error) {
    await rm(socketDir, { recursive: true, force: true });
    const place = inMemory ? 'in memory' : `in ${options.dataDir}`;
    const reason = error instanceof Error ? error.message : String(error);
    throw new HyperdashError('SERVICE_UNAVAILABLE', `cannot open the database ${place}: ${reason}`, {
      cause: error,
    });
  }
  const pool = openPool(socketDir);
  let closed: Promise<void> | undefined;
  return {
    kind: 'embedded',
    pool,
    abilities: { connections: 1, copyIn: false, cancel: false, backgroundJobs: false },
    close() {
      closed ??= closeAll(pool, supervisor, socketDir);
      return closed;
    },
  };
}

async function makeSocketDir(): Promise<string> {
  const prefix = 'hyperdash-';
  const fits = Buffer.byteLength(join(tmpdir(), `${prefix}XXXXXX`, SOCKET_NAME)) <= MAX_SOCKET_PATH_BYTES;
  return mkdtemp(join(fits ? tmpdir() : '/tmp', prefix));
}

function openPool(socketDir: string): pg.Pool {
  const pool = new pg.Pool({
    host: socketDir,
    port: SOCKET_PORT,
    user: 'postgres',
    database: 'template1',
    password: '',
    max: 1,
    idleTimeoutMillis: 0,
    types: columnTypes(),
    // All connections share one session, so what the one before left open or prepared is still there.
    onConnect: async (client) => {
      await client.query('ROLLBACK');
      await client.query('DISCARD ALL');
      await client.query(SESSION_SETTINGS);
    },
  });
  // A connection that breaks while idle is replaced at the next use; without a listener it would end the process.
  pool.on('error', () => {});
  return pool;
}

interface Supervisor {
  close(): Promise<void>;
}

/** Keeps a thread running: starts another when one fails. */
async function supervise(
  options: EmbeddedThreadOptions,
  onFailure: (reason: Error) => void,
): Promise<Supervisor> {
  const closing = new AbortController();
  let thread: EmbeddedThread | undefined = await startEmbeddedThread(options);

  async function keepRunning(): Promise<void> {
    for (;;) {
      const reason = await thread?.ended;
      if (closing.signal.aborted) return;
      onFailure(reason ?? new Error('the thread ended'));
      if (options.dataDir === undefined) return;
      thread = await startEmbeddedThread(options).catch(onFailureAndPause);
      if (closing.signal.aborted) return thread?.close(THREAD_GRACE_MS);
    }
  }
  async function onFailureAndPause(error: Error): Promise<undefined> {
    onFailure(error);
    await sleep(RESTART_PAUSE_MS, undefined, { signal: closing.signal }).catch(() => {});
  }

  const finished = keepRunning();
  return {
    async close() {
      closing.abort();
      await thread?.close(THREAD_GRACE_MS);
      await finished;
    },
  };
}

async function closeAll(pool: pg.Pool, supervisor: Supervisor, socketDir: string): Promise<void> {
  const timer = new AbortController();
  const ended = pool.end();
  await Promise.race([ended, sleep(QUERIES_GRACE_MS, undefined, { signal: timer.signal }).catch(() => {})]);
  timer.abort();
  await supervisor.close();
  await rm(socketDir, { recursive: true, force: true });
}
