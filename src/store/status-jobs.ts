import type { StoreStatus } from '../contract/status.ts';
import type { Engine } from '../engine/engine.ts';
import type { JobRun } from './jobs.ts';
import { dataSourceOf } from './status-tiers.ts';

interface JobRow {
  readonly id: number;
  readonly name: string;
  readonly relation: string | null;
  readonly everySeconds: number;
  readonly paused: boolean;
  readonly lastRun: Date | null;
  readonly nextRun: Date | null;
  readonly failure: string | null;
  readonly failures: number;
}

const READ_JOBS = `
  SELECT job_id AS id, proc_name AS name, jobs.hypertable_name AS relation,
         extract(epoch FROM schedule_interval)::float8 AS "everySeconds",
         NOT scheduled AS paused,
         CASE WHEN isfinite(last_run_started_at) THEN last_run_started_at END AS "lastRun",
         CASE WHEN isfinite(jobs.next_start) AND scheduled THEN jobs.next_start END AS "nextRun",
         CASE WHEN last_run_status = 'Failed' THEN coalesce(
           (SELECT err_message FROM timescaledb_information.job_errors
             WHERE job_errors.job_id = jobs.job_id ORDER BY start_time DESC LIMIT 1), 'unknown') END AS failure,
         coalesce(total_failures, 0) AS failures
    FROM timescaledb_information.jobs
    LEFT JOIN timescaledb_information.job_stats USING (job_id)
   WHERE jobs.hypertable_name IS NOT NULL
   ORDER BY job_id`;

/**
 * Reads the policies with their last and next run.
 * @param runs the program's own runs; where one is newer than TimescaleDB's, it is the last run
 */
export async function readJobStatus(
  engine: Engine,
  runs: ReadonlyMap<number, JobRun>,
): Promise<StoreStatus['jobs']> {
  const { rows } = await engine.pool.query<JobRow>(READ_JOBS);
  return rows.map((row) => {
    const { relation, everySeconds, lastRun, nextRun, failure, failures, ...rest } = row;
    const status = {
      ...rest,
      data_source: dataSourceOf(relation),
      every_seconds: everySeconds,
      last_run: lastRun,
      next_run: nextRun,
      failure,
      failures,
    };
    const run = runs.get(row.id);
    if (!run || (lastRun && lastRun.getTime() > run.startedMs)) return status;
    return {
      ...status,
      last_run: new Date(run.startedMs),
      next_run: row.paused ? null : new Date(run.startedMs + everySeconds * 1000),
      failure: run.failure,
      failures: failures + run.failures,
    };
  });
}
