import type { Engine } from '../engine/engine.ts';

/** A policy of TimescaleDB that is scheduled. Times in epoch milliseconds. */
export interface Job {
  readonly jobId: number;
  readonly procedure: string;
  readonly relation: string | null;
  readonly everyMs: number;
  /** When TimescaleDB's own scheduler last finished it well; null where it never has. */
  readonly lastSuccessMs: number | null;
  /** When TimescaleDB's own scheduler is to run it for the first time; 0 once it has, null where it never will. */
  readonly firstRunMs: number | null;
  /** TimescaleDB's own scheduler is at it. */
  readonly running: boolean;
}

/** Refreshes come first, finest first, so that retention takes nothing that is not in the rollups yet. */
const READ_JOBS = `
  SELECT job_id AS "jobId", proc_name AS procedure, jobs.hypertable_name AS relation,
         extract(epoch FROM schedule_interval)::float8 * 1000 AS "everyMs",
         CASE WHEN isfinite(last_successful_finish)
              THEN extract(epoch FROM last_successful_finish)::float8 * 1000 END AS "lastSuccessMs",
         CASE WHEN total_runs > 0 THEN 0
              WHEN isfinite(jobs.next_start) THEN extract(epoch FROM jobs.next_start)::float8 * 1000 END
           AS "firstRunMs",
         coalesce(job_status = 'Running', false) AS running
    FROM timescaledb_information.jobs
    LEFT JOIN timescaledb_information.job_stats USING (job_id)
   WHERE scheduled AND proc_name <> 'policy_telemetry'
   ORDER BY array_position(ARRAY['policy_refresh_continuous_aggregate', 'policy_compression'], proc_name::text),
            job_id`;

/** Reads every scheduled job, in the order in which due ones are to run. */
export async function readJobs(engine: Engine): Promise<readonly Job[]> {
  const { rows } = await engine.pool.query<Job>(READ_JOBS);
  return rows;
}

/** TimescaleDB's scheduler is given this long beyond the schedule before the program steps in. */
const SCHEDULER_GRACE_MS = 90_000;

/**
 * Whether the program has to run a job: by its schedule where TimescaleDB runs none, and where it does, once its
 * scheduler is behind (too few workers, or every run fails).
 * @param ownSuccessMs when the program last ran it well; undefined where it never has
 */
export function isDue(
  job: Job,
  ownSuccessMs: number | undefined,
  nowMs: number,
  backgroundJobs: boolean,
): boolean {
  if (!backgroundJobs) return ownSuccessMs === undefined || nowMs >= ownSuccessMs + job.everyMs;
  if (job.running || job.firstRunMs === null) return false;
  const lastMs = Math.max(job.lastSuccessMs ?? 0, ownSuccessMs ?? 0);
  return nowMs >= Math.max(lastMs + job.everyMs, job.firstRunMs) + SCHEDULER_GRACE_MS;
}
