import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { ROLLUPS, refreshEndMs } from '../domain/retention.ts';
import { readMaterializedParts } from './refresh-watermarks.ts';

/** Samples that come later than this are noted one commit at a time; the past is settled from that age on. */
export const SETTLED_AFTER_MS = 300_000;

/** How long the transactions that may not have seen the guard are waited for; the next round goes on waiting. */
const WAIT_TRIES = 20;
const WAIT_PAUSE_MS = 50;

/** Changes are deleted an hour's worth at once, since that makes every answer kept worthless. */
const CHANGES_KEPT = `INTERVAL '1 hour'`;
const CHANGES_KEPT_AT_MOST = `INTERVAL '2 hours'`;

/** Where the clock has been set back, the guard goes back too, and whatever was read beyond it is of no worth. */
const GUARD = `
  WITH target AS (
    SELECT now() - $1 * INTERVAL '1 ms' AS until, guarded_until > now() AS set_back
      FROM settled_past WHERE guarded_from IS NULL),
  doubtful AS (
    INSERT INTO past_changes (times) SELECT tstzrange(until, NULL) FROM target WHERE set_back)
  UPDATE settled_past
     SET guarded_until = until, raw = least(raw, until), "1min" = least("1min", until),
         "1hour" = least("1hour", until), daily = least(daily, until)
    FROM target WHERE set_back OR guarded_until < until`;

/** One that is yet to come is from before a dump was restored. */
const WAIT_FOR = `
  UPDATE settled_past SET guarded_from = pg_snapshot_xmax(pg_current_snapshot())
   WHERE guarded_from IS NULL OR guarded_from > pg_snapshot_xmax(pg_current_snapshot())`;

const IS_GUARDED = `SELECT pg_snapshot_xmin(pg_current_snapshot()) >= guarded_from AS guarded FROM settled_past`;

const PUBLISH = `
  UPDATE settled_past
     SET raw = guarded_until, "1min" = least(guarded_until, $1), "1hour" = least(guarded_until, $2),
         daily = least(guarded_until, $3), guarded_from = NULL`;

const PRUNE = `
  WITH pruned AS (
    DELETE FROM past_changes
     WHERE refreshed AND noted_at < now() - ${CHANGES_KEPT}
       AND EXISTS (SELECT FROM past_changes WHERE refreshed AND noted_at < now() - ${CHANGES_KEPT_AT_MOST})
    RETURNING true)
  UPDATE settled_past SET prunes = prunes + 1 WHERE EXISTS (SELECT FROM pruned)`;

/** What has to be in the rollups before the past is settled up to a new time. */
export interface Unsettled {
  /** Every transaction that may have changed the past without a note has ended. */
  readonly guarded: boolean;
  /** Ids of the changes that are visible and that the rollups may not have. */
  readonly changes: readonly number[];
}

/**
 * Has everybody note what they change before {@link SETTLED_AFTER_MS} ago, and waits for the transactions that may not
 * have seen that: no clock decides what is settled, only the order of commits. One node at a time, outside any
 * transaction; then refresh the rollups and call {@link settlePast}.
 */
export async function guardPast(client: PoolClient): Promise<Unsettled> {
  await client.query(GUARD, [SETTLED_AFTER_MS]);
  // A statement of its own: its snapshot has to see the guard committed.
  await client.query(WAIT_FOR);
  const guarded = await waitUntilGuarded(client);
  const { rows } = await client.query<{ id: number }>('SELECT id FROM past_changes WHERE NOT refreshed');
  return { guarded, changes: rows.map(({ id }) => id) };
}

async function waitUntilGuarded(client: PoolClient): Promise<boolean> {
  for (let tries = 0; ; tries++) {
    const { rows } = await client.query<{ guarded: boolean }>(IS_GUARDED);
    if (rows[0]!.guarded || tries === WAIT_TRIES) return rows[0]!.guarded;
    await sleep(WAIT_PAUSE_MS);
  }
}

/**
 * Settles what {@link guardPast} found, now that every rollup has been refreshed since.
 * @param nowMs the time by which they were refreshed
 */
export async function settlePast(
  client: PoolClient,
  { guarded, changes }: Unsettled,
  nowMs: number,
): Promise<void> {
  if (changes.length > 0) {
    await client.query('UPDATE past_changes SET refreshed = true WHERE id = ANY ($1::bigint[])', [changes]);
  }
  if (guarded) {
    const parts = await readMaterializedParts(client);
    const untilMs = ROLLUPS.map((rollup) => Math.min(parts[rollup].untilMs, refreshEndMs(rollup, nowMs)));
    await client.query(
      PUBLISH,
      untilMs.map((ms) => new Date(ms)),
    );
  }
  await client.query(PRUNE);
}

/**
 * Whether another session has taken changes of a rollup upon itself and not materialised them yet. Versions of
 * TimescaleDB without that table hold a lock instead, which a refresh waits for.
 */
export async function isBeingMaterialized(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('_timescaledb_catalog.continuous_aggs_materialization_ranges') IS NOT NULL AS exists`,
  );
  if (!rows[0]!.exists) return false;
  const { rowCount } = await client.query(
    'SELECT FROM _timescaledb_catalog.continuous_aggs_materialization_ranges LIMIT 1',
  );
  return rowCount !== 0;
}
