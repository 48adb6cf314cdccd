import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreStatus } from '../../src/contract/status.ts';
import { startJobs } from '../../src/store/jobs.ts';
import { isDue, readJobs } from '../../src/store/jobs-due.ts';
import { applyLifecycle } from '../../src/store/lifecycle.ts';
import { readEngineStatus, readStoreStatus } from '../../src/store/status.ts';
import { openTestEngine, type TestEngine } from '../support/engine.ts';
import { HOUR, SETTINGS, stopScheduler } from '../support/lifecycle.ts';

describe('jobs and status', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await openTestEngine();
    await stopScheduler(engine);
    await applyLifecycle(engine, SETTINGS);
    await engine.pool.query(
      `INSERT INTO metrics (time, host, metric_name, value)
       SELECT now() - g * INTERVAL '12 hours', 'a', 'cpu', g FROM generate_series(0, 32) g`,
    );
  });
  afterAll(() => engine.close());

  it('refresh what is late at once, run what TimescaleDB does not, and say so in the status', async () => {
    // As on the embedded engine, whichever this is: nobody but the program runs jobs.
    const alone = { ...engine, abilities: { ...engine.abilities, backgroundJobs: false } };
    const failures: unknown[] = [];
    const runner = startJobs(alone, (error) => failures.push(error));
    const policies = (await readJobs(engine)).filter((job) => job.relation !== null);
    await expect
      .poll(() => policies.every((job) => runner.runs().has(job.jobId)), { timeout: 60_000 })
      .toBe(true);
    await runner.stop();
    expect(failures).toEqual([]);

    const status = StoreStatus.parse(await readStoreStatus(engine, SETTINGS, runner.runs()));
    expect(status.series).toBe(1);
    expect(status.jobs).toHaveLength(9);
    for (const job of status.jobs) {
      expect(job).toMatchObject({ paused: false, failure: null, failures: 0 });
      expect(job.next_run!.getTime() - job.last_run!.getTime()).toBe(job.every_seconds * 1000);
    }
    const [raw, minute, hour, day] = status.tiers;
    expect(raw).toMatchObject({
      data_source: 'metrics',
      refreshed_until: null,
      retention_seconds: 30 * 24 * 3600,
    });
    expect(raw!.chunks).toBeGreaterThanOrEqual(3);
    expect(raw!.chunks_compressed).toBeGreaterThanOrEqual(1);
    expect(raw!.compression_ratio).toBeGreaterThan(0);
    expect(minute!.refresh_lag_seconds).toBeLessThan(240);
    expect(hour!.refresh_lag_seconds).toBeLessThan(2 * 3600 + 120);
    expect(day).toMatchObject({ data_source: 'metrics_daily', retention_seconds: null });
    expect(status.bytes).toBe(status.tiers.reduce((bytes, tier) => bytes + tier.bytes, 0));
  }, 90_000);

  it('names the engine and its versions', async () => {
    expect(await readEngineStatus(engine)).toEqual({
      kind: engine.kind,
      postgres: expect.stringMatching(/^1[5-8]\./),
      timescaledb: expect.stringMatching(/^2\.\d+/),
    });
  });
});

describe('isDue', () => {
  const job = { jobId: 1, procedure: 'policy_retention', relation: 'samples', everyMs: HOUR, running: false };
  const never = { ...job, lastSuccessMs: null, firstRunMs: null };
  const failing = { ...job, lastSuccessMs: null, firstRunMs: 0 };
  const now = 100 * HOUR;

  it('goes by the schedule where TimescaleDB runs no jobs', () => {
    expect(isDue(never, undefined, 1, false)).toBe(true);
    expect(isDue(never, 1, HOUR, false)).toBe(false);
    expect(isDue(never, 1, HOUR + 1, false)).toBe(true);
  });

  it('leaves a job to TimescaleDB while it keeps to the schedule', () => {
    const kept = { ...job, lastSuccessMs: now - HOUR, firstRunMs: 0 };
    expect(isDue(kept, undefined, now, true)).toBe(false);
    expect(isDue({ ...never, firstRunMs: now + HOUR }, undefined, now, true)).toBe(false);
    expect(isDue({ ...failing, running: true }, undefined, now, true)).toBe(false);
    expect(isDue(never, undefined, now, true)).toBe(false);
  });

  it('takes a job over once TimescaleDB is behind or fails at it, and then keeps to the schedule', () => {
    expect(isDue({ ...job, lastSuccessMs: now - 3 * HOUR, firstRunMs: 0 }, undefined, now, true)).toBe(true);
    expect(isDue({ ...never, firstRunMs: now - HOUR }, undefined, now, true)).toBe(true);
    expect(isDue(failing, undefined, now, true)).toBe(true);
    expect(isDue(failing, now - 1, now, true)).toBe(false);
    expect(isDue(failing, now - 2 * HOUR, now, true)).toBe(true);
  });
});
