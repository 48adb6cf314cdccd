import { setTimeout as sleep } from 'node:timers/promises';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Engine } from '../engine/engine.ts';
import { SNAPSHOT, snapshotOf } from './snapshot-row.ts';
import { asking } from './store-error.ts';

/** How long a commit stays in the log, and how long commits are logged after the last listener asked for it. */
export const COMMIT_LOG_MS = 600_000;
/** The log keeps no more samples than this, about 24 bytes each. */
const LOG_MAX_SAMPLES = 5_000_000;

const SETTLE_TRIES = 20;
const SETTLE_PAUSE_MS = 50;

const WANT = `
  WITH before AS (SELECT wanted_until < clock_timestamp() AS lapsed FROM commit_log_state FOR UPDATE)
  UPDATE commit_log_state SET wanted_until = clock_timestamp() + $1 * interval '1 ms'
  FROM before RETURNING lapsed`;

const BEGIN_ANEW = `
  UPDATE commit_log_state SET complete_from = pg_snapshot_xmax(pg_current_snapshot())
  RETURNING complete_from::text AS from`;

const SETTLED = `SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 AS settled, ${SNAPSHOT}`;

const PRUNE = `
  WITH ranked AS (
    SELECT xid, committed_at, sum(sample_count) OVER (ORDER BY xid DESC) AS samples FROM commit_log),
  last AS (
    SELECT xid FROM ranked
    WHERE committed_at < clock_timestamp() - $1 * interval '1 ms' OR samples > $2
    ORDER BY xid DESC LIMIT 1),
  kept AS (
    UPDATE commit_log_state SET complete_from = greatest(complete_from, (last.xid::text::numeric + 1)::text::xid8)
    FROM last)
  DELETE FROM commit_log USING last WHERE commit_log.xid <= last.xid`;

/**
 * Has every commit logged, by whichever node or client, for the next {@link COMMIT_LOG_MS}; call it again before.
 * @returns a snapshot after which no commit is missing from the log
 */
export function wantCommitLog(engine: Engine): Promise<Snapshot> {
  return asking(async () => {
    const { rows } = await engine.pool.query<{ lapsed: boolean }>(WANT, [COMMIT_LOG_MS]);
    const from = rows[0]!.lapsed ? await beginAnew(engine) : '0';
    // Transactions that were under way may have inserted unlogged: the snapshot has to hold them.
    for (let tries = 0; ; tries++) {
      const answer = await engine.pool.query<{ settled: boolean; snapshot: string }>(SETTLED, [from]);
      if (answer.rows[0]!.settled || tries === SETTLE_TRIES) return snapshotOf(answer.rows[0]!);
      await sleep(SETTLE_PAUSE_MS);
    }
  });
}

async function beginAnew(engine: Engine): Promise<string> {
  const { rows } = await engine.pool.query<{ from: string }>(BEGIN_ANEW);
  return rows[0]!.from;
}

/** Deletes what the log need not keep any more. */
export function pruneCommitLog(engine: Engine): Promise<void> {
  return asking(async () => {
    await engine.pool.query(PRUNE, [COMMIT_LOG_MS, LOG_MAX_SAMPLES]);
    // Where there are no background workers nothing else would free the space.
    if (!engine.abilities.backgroundJobs) await engine.pool.query('VACUUM commit_log');
  });
}
