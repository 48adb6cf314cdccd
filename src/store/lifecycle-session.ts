import type { PoolClient } from 'pg';
import type { Engine } from '../engine/engine.ts';

const DAY_MS = 86_400_000;

/** Limits that are for queries; 0 is no limit. A late sample may touch any number of compressed rows. */
const SETTINGS = [
  'statement_timeout',
  'lock_timeout',
  'timescaledb.max_tuples_decompressed_per_dml_transaction',
];

/** Keys of the advisory locks, in one class so that no other use of the database meets them. */
const LOCK_CLASS = 7_203;
/** One node at a time applies the lifecycle, refreshes outside the policies, or runs overdue jobs. */
export type MaintenanceLock = 'lifecycle' | 'refresh' | 'jobs';
const LOCK_KEYS: Record<MaintenanceLock, number> = { lifecycle: 1, refresh: 2, jobs: 3 };

/**
 * Lends a session whose statements may take as long as they need: refreshes, compression, waiting for another node.
 * @param signal cancels the running statement, where the engine can
 * @throws what `work` throws, and the database's own errors
 */
export async function withMaintenanceSession<T>(
  engine: Engine,
  work: (client: PoolClient) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const client = await engine.pool.connect();
  try {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const cancel = () =>
      void engine.pool.query('SELECT pg_cancel_backend($1)', [rows[0]!.pid]).catch(() => {});
    if (engine.abilities.cancel) signal?.addEventListener('abort', cancel);
    await client.query(SETTINGS.map((setting) => `SET ${setting} = 0`).join('; '));
    const result = await work(client).finally(() => signal?.removeEventListener('abort', cancel));
    await client.query(SETTINGS.map((setting) => `RESET ${setting}`).join('; '));
    client.release();
    return result;
  } catch (error) {
    // Such a session may hold a lock or an open transaction: it must end.
    client.release(true);
    throw error;
  }
}

/** Runs `work` in a transaction that only one node at a time is in; the others wait. */
export async function inExclusiveTransaction<T>(
  client: PoolClient,
  lock: MaintenanceLock,
  work: () => Promise<T>,
): Promise<T> {
  await client.query('BEGIN');
  await client.query('SELECT pg_advisory_xact_lock($1, $2)', [LOCK_CLASS, LOCK_KEYS[lock]]);
  const result = await work();
  await client.query('COMMIT');
  return result;
}

/** Runs `work`, outside any transaction, while no other node is at it; waits for its turn. */
export async function exclusively<T>(
  client: PoolClient,
  lock: MaintenanceLock,
  work: () => Promise<T>,
): Promise<T> {
  const keys = [LOCK_CLASS, LOCK_KEYS[lock]];
  await client.query('SELECT pg_advisory_lock($1, $2)', keys);
  const result = await work();
  await client.query('SELECT pg_advisory_unlock($1, $2)', keys);
  return result;
}

/** Runs `work`, outside any transaction, unless another node is at it. */
export async function unlessElsewhere(
  client: PoolClient,
  lock: MaintenanceLock,
  work: () => Promise<void>,
): Promise<void> {
  const keys = [LOCK_CLASS, LOCK_KEYS[lock]];
  const { rows } = await client.query<{ locked: boolean }>(
    'SELECT pg_try_advisory_lock($1, $2) AS locked',
    keys,
  );
  if (!rows[0]!.locked) return;
  await work();
  await client.query('SELECT pg_advisory_unlock($1, $2)', keys);
}

/** Rollups are written as compressed batches, of up to a thousand rows, instead of rows; TimescaleDB has it from 2.25 on. */
const DIRECT_COMPRESS = 'timescaledb.enable_direct_compress_on_cagg_refresh';
/** Holds the groups of a day of some hundred series. */
const BULK_WORK_MEM = '128MB';

/**
 * Runs refreshes of long stretches that hold nothing yet in half the time, where this TimescaleDB can. Not for the few
 * buckets of a policy or of late samples: each refresh would leave batches of its own, as small.
 */
export async function inBulk<T>(client: PoolClient, work: () => Promise<T>): Promise<T> {
  const { rowCount } = await client.query(
    `SELECT set_config(name, 'on', false), set_config('work_mem', $2, false) FROM pg_settings WHERE name = $1`,
    [DIRECT_COMPRESS, BULK_WORK_MEM],
  );
  const result = await work();
  if (rowCount) await client.query(`RESET ${DIRECT_COMPRESS}; RESET work_mem`);
  return result;
}

/** Whether this version's function or procedure takes an argument; later versions of TimescaleDB add some. */
export async function takesArgument(client: PoolClient, routine: string, argument: string): Promise<boolean> {
  const { rows } = await client.query<{ takes: boolean }>(
    'SELECT bool_or($2 = ANY (proargnames)) AS takes FROM pg_proc WHERE proname = $1',
    [routine, argument],
  );
  return rows[0]?.takes ?? false;
}

/** A duration in whole seconds as PostgreSQL writes an `interval`: in days where it is whole days, else in hours. */
export function intervalOf(durationMs: number): string {
  const days = durationMs / DAY_MS;
  if (Number.isInteger(days)) return days === 1 ? '1 day' : `${days} days`;
  const seconds = durationMs / 1000;
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
