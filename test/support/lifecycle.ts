import type { LifecycleSettings, TimeRange } from '../../src/domain/retention.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { runJob } from '../../src/store/jobs.ts';
import { readJobs } from '../../src/store/jobs-due.ts';
import { refreshLate } from '../../src/store/refresh.ts';
import { beginHistory, finishHistory } from '../../src/store/refresh-history.ts';

export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

/** The settings that the program has unless told otherwise. */
export const SETTINGS: LifecycleSettings = {
  chunkIntervalMs: 7 * DAY,
  compressAfterMs: 7 * DAY,
  retainRawMs: 30 * DAY,
  retain1minMs: 90 * DAY,
};

/** Leaves running jobs to the test: TimescaleDB's scheduler would run them at any moment. */
export async function stopScheduler(engine: Engine): Promise<void> {
  if (engine.abilities.backgroundJobs) {
    await engine.pool.query('SELECT _timescaledb_functions.stop_background_workers()');
  }
}

/** Runs every scheduled job once, in order. */
export async function runAllJobs(engine: Engine): Promise<void> {
  for (const { jobId } of await readJobs(engine)) await runJob(engine, jobId);
}

/** Loads history as `seed` and `import` do; where `insert` fails, the load is left cut off. */
export async function loadHistory(
  engine: Engine,
  range: TimeRange,
  insert: () => Promise<void>,
): Promise<void> {
  await beginHistory(engine, range);
  await insert();
  await finishHistory(engine, range);
}

/** Runs rounds of refreshing until the past is settled: what other databases of a server have under way holds it up. */
export async function settle(engine: Engine): Promise<void> {
  for (;;) {
    await refreshLate(engine);
    const { rows } = await engine.pool.query('SELECT guarded_from IS NULL AS settled FROM settled_past');
    if (rows[0].settled) return;
  }
}
