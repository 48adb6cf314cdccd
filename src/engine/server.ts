import { Socket } from 'node:net';
import pg from 'pg';
import { inTime } from '../domain/in-time.ts';
import { HyperdashError } from '../errors.ts';
import { drained } from './drain.ts';
import { type Engine, OLDEST_TIMESCALEDB } from './engine.ts';
import { createLendingSocket } from './lending-socket.ts';
import { columnTypes } from './types.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const LOCK_TIMEOUT_MS = 10_000;
const CLOSE_GRACE_MS = 2_500;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;
/** Any constant that the migrations' own lock does not use. */
const CREATE_EXTENSION_LOCK = 7_203_418;

/** How to reach a TimescaleDB server, and how to use it. */
export interface ServerOptions {
  /** `postgres://…`; an `options` parameter in it replaces the planner settings made here. */
  readonly url: string;
  readonly poolSize: number;
  /** Longest that a statement may run; the server then cancels it. */
  readonly statementTimeoutMs: number;
  /** Shown in `pg_stat_activity`; `hyperdash` unless given. */
  readonly applicationName?: string;
}

/**
 * Connects to a PostgreSQL server and sees to it that TimescaleDB is there (it creates the extension where it
 * is missing; several nodes may do so at once).
 * @throws HyperdashError SERVICE_UNAVAILABLE when it cannot connect, or TimescaleDB is absent or too old
 */
export async function openServer(options: ServerOptions): Promise<Engine> {
  const pool = openPool(options);
  try {
    const backgroundJobs = await readyTimescale(pool);
    let closed: Promise<void> | undefined;
    return {
      kind: 'server',
      pool,
      abilities: { connections: options.poolSize, cancel: true, backgroundJobs },
      close() {
        closed ??= drained(pool, CLOSE_GRACE_MS).then(() => inTime(pool.end(), CLOSE_GRACE_MS));
        return closed;
      },
    };
  } catch (error) {
    await pool.end();
    if (error instanceof HyperdashError) throw error;
    const reason = reasonOf(error);
    throw unavailable(`cannot use the database at ${placeOf(options.url)}: ${reason}`, error);
  }
}

/** A pool that connects when it is first used. */
export function openPool(options: ServerOptions): pg.Pool {
  const pool = new pg.Pool({
    application_name: options.applicationName ?? 'hyperdash',
    // Starting parallel workers takes longer than a chart of a hundred series does: only for costlier queries.
    options: '-c jit=off -c random_page_cost=1.1 -c parallel_setup_cost=10000',
    connectionString: options.url,
    max: options.poolSize,
    statement_timeout: options.statementTimeoutMs,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    stream: openSocket as () => Socket,
    types: columnTypes(),
  });
  // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
  pool.on('error', () => {});
  // One that breaks between two statements of its user fails the next of them.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** `pg` hands over its settings, which its types do not say. TLS reads the socket below it by itself. */
function openSocket({ ssl }: { readonly ssl: unknown }): Socket {
  return ssl ? new Socket() : createLendingSocket();
}

interface ExtensionRow {
  readonly installed: string | null;
  readonly available: string | null;
  readonly replica: boolean;
}

/** @returns whether TimescaleDB runs due jobs by itself */
async function readyTimescale(pool: pg.Pool): Promise<boolean> {
  const extension = await readExtension(pool);
  if (extension.available === null && extension.installed === null) {
    throw unavailable('the database server has no TimescaleDB: install the extension and preload it');
  }
  if (extension.installed === null && !extension.replica) await createExtension(pool);
  const version = extension.installed ?? extension.available ?? '';
  if (isOlder(version, OLDEST_TIMESCALEDB)) {
    throw unavailable(`TimescaleDB ${version} is too old: ${OLDEST_TIMESCALEDB} or later is needed`);
  }
  const { rows } = await pool.query<{ workers: string | null }>(
    `SELECT current_setting('timescaledb.max_background_workers', true) AS workers`,
  );
  return Number(rows[0]?.workers ?? 0) > 0;
}

async function readExtension(pool: pg.Pool): Promise<ExtensionRow> {
  const { rows } = await pool.query<ExtensionRow>(
    `SELECT (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS installed,
            (SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb') AS available,
            pg_is_in_recovery() AS replica`,
  );
  return rows[0]!;
}

/** IF NOT EXISTS alone fails with a unique violation when two sessions create at once. */
async function createExtension(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [CREATE_EXTENSION_LOCK]);
    await client.query('CREATE EXTENSION IF NOT EXISTS timescaledb');
    await client.query('COMMIT');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** Compares `major.minor` only; `2.23.0-dev` counts as 2.23. */
function isOlder(version: string, oldest: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split('.').map(Number);
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
}

/** The host, port and database of a URL, without its user and password. */
function placeOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host}${pathname}`;
  } catch {
    return 'the given URL';
  }
}

function reasonOf(error: unknown): string {
  // Trying several addresses of one name fails with an AggregateError, whose own message is empty.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

function unavailable(message: string, cause?: unknown): HyperdashError {
  return new HyperdashError('SERVICE_UNAVAILABLE', message, { cause });
}
