import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { oldestAcceptableMs, ROLLUPS, type Rollup, type TimeRange } from '../domain/retention.ts';
import type { Engine } from '../engine/engine.ts';
import { HyperdashError } from '../errors.ts';
import { exclusively, inBulk, inExclusiveTransaction, withMaintenanceSession } from './lifecycle-session.ts';
import { isBusy, readRawLimit, refreshRollup } from './refresh.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Time that one step of a history's refresh covers; between steps other work gets its turn. */
const STEP_MS: Record<Rollup, number> = { '1min': DAY_MS, '1hour': 30 * DAY_MS, daily: 1000 * DAY_MS };

/** A policy that refreshes the same buckets is done within moments. */
const BUSY_PAUSE_MS = 500;

/** How far a history's refresh has come: which rollup, and up to which time, in epoch milliseconds. */
export interface HistoryProgress {
  readonly rollup: Rollup;
  readonly toMs: number;
}

/**
 * Makes ready for samples of any age, to be written straight to `samples`: checks that nothing would be destroyed, and
 * holds retention back until {@link finishHistory}. A load that was cut off may begin again over the same range;
 * {@link finishAbandonedHistory} ends it otherwise.
 * @throws HyperdashError CONFLICT as {@link assertHistoryIsEmpty}
 */
export async function beginHistory(engine: Engine, range: TimeRange): Promise<void> {
  await assertHistoryIsEmpty(engine, range);
  await withMaintenanceSession(engine, (client) =>
    inExclusiveTransaction(client, 'lifecycle', async () => {
      await client.query('INSERT INTO history_loads (since, until) VALUES ($1, $2)', datesOf(range));
      await pauseRetention(client);
    }),
  );
}

/** Refreshes the rollups over what was loaded, rollup by rollup, and lets retention go on. */
export async function finishHistory(
  engine: Engine,
  range: TimeRange,
  onProgress: (progress: HistoryProgress) => void = () => {},
): Promise<void> {
  await refreshHistory(engine, range, onProgress);
  await endLoads(engine, range);
}

/**
 * Checks that a range holds nothing older than raw samples are kept: refreshing rollups there would rebuild them, for
 * every series, from raw rows that are gone. The remains of the same load, cut off, do not count.
 * @throws HyperdashError CONFLICT that names the first hour that holds something
 */
export async function assertHistoryIsEmpty(engine: Engine, range: TimeRange): Promise<void> {
  const { nowMs, ...limit } = await readRawLimit(engine.pool);
  const floorToHour = (ms: number) => Math.floor(ms / HOUR_MS) * HOUR_MS;
  const fromMs = floorToHour(range.fromMs);
  const toMs = Math.min(floorToHour(range.toMs + HOUR_MS - 1), floorToHour(oldestAcceptableMs(nowMs, limit)));
  if (fromMs >= toMs) return;
  const { rows } = await engine.pool.query<{ bucket: Date }>(
    `SELECT bucket FROM samples_1hour
      WHERE bucket >= $1 AND bucket < $2
        AND NOT EXISTS (SELECT FROM history_loads WHERE since <= $3 AND until >= $4)
      ORDER BY bucket LIMIT 1`,
    [...datesOf({ fromMs, toMs }), ...datesOf(range)],
  );
  if (rows[0]) {
    throw new HyperdashError(
      'CONFLICT',
      `history cannot be loaded from ${new Date(range.fromMs).toISOString()} on: the hour of ` +
        `${rows[0].bucket.toISOString()} already holds samples, and its rollups cannot be rebuilt since raw ` +
        'samples of that age are not kept',
    );
  }
}

/** Refreshes every rollup over a range, finest first, step by step. */
async function refreshHistory(
  engine: Engine,
  range: TimeRange,
  onProgress: (progress: HistoryProgress) => void,
): Promise<void> {
  for (const rollup of ROLLUPS) {
    for (let fromMs = range.fromMs; fromMs < range.toMs; fromMs += STEP_MS[rollup]) {
      const toMs = Math.min(fromMs + STEP_MS[rollup], range.toMs);
      await refreshStep(engine, rollup, { fromMs, toMs });
      onProgress({ rollup, toMs });
    }
  }
}

async function refreshStep(engine: Engine, rollup: Rollup, range: TimeRange): Promise<void> {
  for (;;) {
    try {
      return await withMaintenanceSession(engine, (client) =>
        exclusively(client, 'refresh', async () => {
          const { nowMs } = await readRawLimit(client);
          await inBulk(client, () => refreshRollup(client, rollup, range, nowMs));
        }),
      );
    } catch (error) {
      if (!isBusy(error)) throw error;
      await sleep(BUSY_PAUSE_MS);
    }
  }
}

/** Ends loads that were cut off and not taken up again within a week: refreshes what they wrote, and lets retention go on. */
export async function finishAbandonedHistory(engine: Engine): Promise<void> {
  const { rows } = await engine.pool.query<{ since: Date; until: Date }>(
    `SELECT since, until FROM history_loads WHERE started_at < now() - INTERVAL '7 days'`,
  );
  for (const { since, until } of rows) {
    const range = { fromMs: since.getTime(), toMs: until.getTime() };
    await finishHistory(engine, range);
  }
}

async function endLoads(engine: Engine, range: TimeRange): Promise<void> {
  await withMaintenanceSession(engine, (client) =>
    inExclusiveTransaction(client, 'lifecycle', async () => {
      await client.query('DELETE FROM history_loads WHERE since >= $1 AND until <= $2', datesOf(range));
      // Until now nothing was kept of this range; what was kept before is of the past without it.
      await client.query(`INSERT INTO past_changes (times) VALUES (tstzrange($1, $2, '[]'))`, datesOf(range));
      await client.query(
        `SELECT alter_job(job_id, scheduled => true) FROM timescaledb_information.jobs
          WHERE proc_name = 'policy_retention' AND NOT EXISTS (SELECT FROM history_loads)`,
      );
    }),
  );
}

/** Has retention wait while a load of history is unfinished. */
export async function pauseRetention(client: PoolClient): Promise<void> {
  await client.query(
    `SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs
      WHERE proc_name = 'policy_retention' AND scheduled AND EXISTS (SELECT FROM history_loads)`,
  );
}

function datesOf(range: TimeRange): [Date, Date] {
  return [new Date(range.fromMs), new Date(range.toMs)];
}
