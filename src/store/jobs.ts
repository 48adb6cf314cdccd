import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../engine/engine.ts';
import { isDue, type Job, readJobs } from './jobs-due.ts';
import { unlessElsewhere, withMaintenanceSession } from './lifecycle-session.ts';
import { refreshLate } from './refresh.ts';
import { finishAbandonedHistory } from './refresh-history.ts';

const ROUND_MS = 60_000;
/** Schedules start on whole minutes; half a minute later their refreshes are done. */
const ROUND_OFFSET_MS = 30_000;

/** Where TimescaleDB runs no jobs, PostgreSQL has no workers to vacuum by itself either. */
const VACUUM_EVERY_MS = 3_600_000;

/** How the program's own last run of a job went. Times in epoch milliseconds. */
export interface JobRun {
  readonly startedMs: number;
  readonly finishedMs: number;
  /** Null where it went well. */
  readonly failure: string | null;
  /** Runs that have failed since the program started. */
  readonly failures: number;
}

/** The program's part in keeping the store up. */
export interface JobRunner {
  /** The program's own last run of each job, by job id; on a server mostly none. */
  runs(): ReadonlyMap<number, JobRun>;
  /** Stops after the running statement, which is cancelled where the engine can. */
  stop(): Promise<void>;
}

/**
 * Once a minute, beginning now: brings what came late into the rollups, and runs the jobs that are due and that
 * TimescaleDB does not run, one by one, so that queries get their turn in between.
 * @param onFailure told of every failure; the next round tries again
 */
export function startJobs(engine: Engine, onFailure: (error: unknown) => void): JobRunner {
  const stopping = new AbortController();
  const { signal } = stopping;
  const runs = new Map<number, JobRun>();
  const successes = new Map<number, number>();
  let vacuumedMs = 0;

  async function runForever(): Promise<void> {
    while (!signal.aborted) {
      await round().catch((error) => {
        if (!signal.aborted) onFailure(error);
      });
      await sleep(untilNextRoundMs(Date.now()), undefined, { signal }).catch(() => {});
    }
  }

  async function round(): Promise<void> {
    await refreshLate(engine, signal);
    await finishAbandonedHistory(engine);
    for (const job of await readJobs(engine)) {
      if (signal.aborted) return;
      if (isDue(job, successes.get(job.jobId), Date.now(), engine.abilities.backgroundJobs)) await run(job);
    }
    if (!engine.abilities.backgroundJobs && Date.now() >= vacuumedMs + VACUUM_EVERY_MS) await vacuum();
  }

  async function vacuum(): Promise<void> {
    await engine.pool.query('VACUUM (ANALYZE)');
    vacuumedMs = Date.now();
  }

  async function run({ jobId, procedure, relation }: Job): Promise<void> {
    const startedMs = Date.now();
    const failures = runs.get(jobId)?.failures ?? 0;
    try {
      await runJob(engine, jobId, signal);
      successes.set(jobId, startedMs);
      runs.set(jobId, { startedMs, finishedMs: Date.now(), failure: null, failures });
    } catch (error) {
      if (signal.aborted) return;
      const failure = error instanceof Error ? error.message : String(error);
      runs.set(jobId, { startedMs, finishedMs: Date.now(), failure, failures: failures + 1 });
      onFailure(new Error(`${procedure} of ${relation ?? 'the database'}: ${failure}`, { cause: error }));
    }
  }

  const finished = runForever();
  return {
    runs: () => runs,
    async stop() {
      stopping.abort();
      await finished;
    },
  };
}

/** Runs one job to its end in the foreground, unless another node runs one just now. */
export async function runJob(engine: Engine, jobId: number, signal?: AbortSignal): Promise<void> {
  await withMaintenanceSession(
    engine,
    (client) =>
      unlessElsewhere(client, 'jobs', async () => {
        await client.query('CALL run_job($1)', [jobId]);
      }),
    signal,
  );
}

function untilNextRoundMs(nowMs: number): number {
  return ROUND_MS - ((nowMs - ROUND_OFFSET_MS) % ROUND_MS);
}
