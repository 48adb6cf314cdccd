import type { PoolClient } from 'pg';
import { lateRange, ROLLUPS, type Rollup, refreshWindow, type TimeRange } from '../domain/retention.ts';
import type { Engine } from '../engine/engine.ts';
import type { Database } from './database.ts';
import { inBulk, takesArgument, unlessElsewhere, withMaintenanceSession } from './lifecycle-session.ts';
import { readMaterializedParts } from './refresh-watermarks.ts';
import { guardPast, isBeingMaterialized, settlePast } from './settle-past.ts';

/**
 * Buckets that a refresh commits at a time: a day of the finer rollups. Too few cost a scan each, and in one batch
 * more than ten stretches that changed are refreshed as a single stretch from the first to the last.
 */
const BUCKETS_PER_BATCH: Record<Rollup, number> = { '1min': 1440, '1hour': 24, daily: 30 };

/** Rollups that are this far behind are caught up with in bulk. */
const BACKLOG_MS = 6 * 3_600_000;

/** A refresh of the same buckets is under way elsewhere; it, or the next round, does the work. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Brings everything that has changed within the raw retention into every rollup: late samples, and whatever was
 * missed while the database or its jobs stood still. TimescaleDB knows which buckets those are, so that it costs a
 * few milliseconds where nothing has changed. Then the past is settled up to a few minutes ago. Run it once a minute,
 * on any node: one at a time does the work.
 */
export async function refreshLate(engine: Engine, signal?: AbortSignal): Promise<void> {
  const refreshAll = async (client: PoolClient) => {
    const unsettled = await guardPast(client);
    const { nowMs, ...limit } = await readRawLimit(client);
    const late = lateRange(nowMs, limit);
    const parts = await readMaterializedParts(client);
    // Nothing was ever materialised after the watermark, so that nothing can be lost there, however old it is.
    const sinceMs = (rollup: Rollup) => Math.min(late.fromMs, parts[rollup].untilMs || late.fromMs);
    const fromMs = {
      '1min': sinceMs('1min'),
      '1hour': sinceMs('1hour'),
      // Days are made from hours, which are all kept: any change of those may be followed.
      daily: Math.min(sinceMs('daily'), sinceMs('1hour')),
    };
    let complete = true;
    const refreshRollups = async () => {
      for (const rollup of ROLLUPS) {
        const range = { fromMs: fromMs[rollup], toMs: late.toMs };
        await refreshRollup(client, rollup, range, nowMs).catch((error: unknown) => {
          if (!isBusy(error)) throw error;
          complete = false;
        });
        // The next rollup is made from this one, so it has to be done with now.
        if (await isBeingMaterialized(client)) complete = false;
      }
    };
    if (nowMs - parts['1min'].untilMs > BACKLOG_MS) await inBulk(client, refreshRollups);
    else await refreshRollups();
    if (complete) await settlePast(client, unsettled, nowMs);
  };
  await withMaintenanceSession(
    engine,
    (client) => unlessElsewhere(client, 'refresh', () => refreshAll(client)),
    signal,
  );
}

/** Whether a refresh failed only since another one has the same buckets. */
export function isBusy(error: unknown): boolean {
  return (error as { code?: string }).code === LOCK_NOT_AVAILABLE;
}

/**
 * Refreshes the whole buckets of one rollup that a range touches and that have changed; not in a transaction.
 * The rollup that it is made from has to be refreshed before.
 */
export async function refreshRollup(
  client: PoolClient,
  rollup: Rollup,
  range: TimeRange,
  nowMs: number,
): Promise<void> {
  const window = refreshWindow(rollup, range, nowMs);
  if (!window) return;
  const values: unknown[] = [`samples_${rollup}`, new Date(window.fromMs), new Date(window.toMs)];
  let options = '';
  // Versions without the option refresh in one batch.
  if (await takesArgument(client, 'refresh_continuous_aggregate', 'options')) {
    values.push({ buckets_per_batch: BUCKETS_PER_BATCH[rollup] });
    options = ', options => $4::jsonb';
  }
  await client.query(
    `CALL refresh_continuous_aggregate($1::regclass, $2::timestamptz, $3::timestamptz${options})`,
    values,
  );
}

/** The database's clock, and how far back raw samples can be relied on. Times in epoch milliseconds. */
export interface RawLimitNow {
  readonly nowMs: number;
  readonly retainRawMs: number;
  readonly rawCompleteSinceMs: number;
}

/** Reads what `domain/retention.ts` needs to tell the oldest acceptable sample. */
export async function readRawLimit(database: Database): Promise<RawLimitNow> {
  const { rows } = await database.query<RawLimitNow>(
    `SELECT extract(epoch FROM now())::float8 * 1000 AS "nowMs",
            extract(epoch FROM raw)::float8 * 1000 AS "retainRawMs",
            extract(epoch FROM raw_complete_since)::float8 * 1000 AS "rawCompleteSinceMs"
       FROM retention`,
  );
  return rows[0]!;
}
