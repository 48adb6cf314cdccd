import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Aggregate } from '../../src/contract/resolution.ts';
import { ROLLUPS } from '../../src/domain/retention.ts';
import { BUCKET_MS } from '../../src/domain/tier.ts';
import { applyLifecycle } from '../../src/store/lifecycle.ts';
import { readColumns } from '../../src/store/read-columns.ts';
import { refreshLate } from '../../src/store/refresh.ts';
import { readMaterializedParts } from '../../src/store/refresh-watermarks.ts';
import { openTestEngine, type TestEngine } from '../support/engine.ts';
import { DAY, HOUR, MINUTE, runAllJobs, SETTINGS, stopScheduler } from '../support/lifecycle.ts';

interface Sample {
  readonly seriesId: number;
  readonly time: number;
  readonly value: number;
}

/** By brute force; `last` may be that of any of the series, as a rollup does not know when it was. */
const AGGREGATE: Record<Aggregate, (samples: readonly Sample[]) => readonly number[]> = {
  sum: (samples) => [samples.reduce((sum, { value }) => sum + value, 0)],
  count: (samples) => [samples.length],
  avg: (samples) => [samples.reduce((sum, { value }) => sum + value, 0) / samples.length],
  min: (samples) => [Math.min(...samples.map(({ value }) => value))],
  max: (samples) => [Math.max(...samples.map(({ value }) => value))],
  last: (samples) =>
    [...Map.groupBy(samples, ({ seriesId }) => seriesId).values()].map(
      (each) => each.reduce((last, sample) => (sample.time > last.time ? sample : last)).value,
    ),
};

describe('rollups, where one part is materialised and the rest is not', () => {
  let engine: TestEngine;
  const now = Date.now();
  const samples: Sample[] = [];

  async function insert(more: readonly Sample[]): Promise<void> {
    samples.push(...more);
    await engine.pool.query(
      `INSERT INTO samples (series_id, time, value)
       SELECT id, to_timestamp(ms / 1000), value FROM unnest($1::int[], $2::float8[], $3::float8[]) AS s (id, ms, value)`,
      [more.map((s) => s.seriesId), more.map((s) => s.time), more.map((s) => s.value)],
    );
  }

  /** Compares every rollup, aggregate and selection over ranges on both sides of where it is materialised. */
  async function expectRight(): Promise<void> {
    const parts = await readMaterializedParts(engine.pool);
    for (const resolution of ROLLUPS) {
      const { untilMs } = parts[resolution];
      expect(untilMs).toBeGreaterThan(now - 3 * DAY);
      const bucketMs = BUCKET_MS[resolution];
      const ranges = [
        [now - 6 * DAY, now],
        [untilMs - bucketMs, untilMs + bucketMs],
        [untilMs - 2 * bucketMs, untilMs],
        [untilMs, now],
        [untilMs - bucketMs / 2 - DAY, untilMs + bucketMs / 2],
        [now - 60 * DAY, now - 50 * DAY],
      ] as const;
      for (const [fromMs, toMs] of ranges) {
        for (const seriesIds of [[2], [1, 3], [1, 2, 3, 4]]) {
          for (const aggregate of Aggregate.options) {
            const question = { resolution, seriesIds, aggregate, bucketMs, maxRows: 1e6 };
            const segments = await readColumns(engine, { ...question, range: { fromMs, toMs } });
            const times = segments.flatMap((segment) => [...segment.times]);
            const values = segments.flatMap((segment) => [...segment.values]);
            const buckets = bucketsOf(bucketMs, seriesIds, fromMs, toMs);
            expect(times).toEqual([...buckets.keys()]);
            for (const [i, inBucket] of [...buckets.values()].entries()) {
              expect(AGGREGATE[aggregate](inBucket)).toContain(values[i]);
            }
          }
        }
      }
    }
  }

  function bucketsOf(bucketMs: number, seriesIds: readonly number[], fromMs: number, toMs: number) {
    const selected = samples
      .filter(({ seriesId }) => seriesIds.includes(seriesId))
      .sort((a, b) => a.time - b.time);
    const buckets = Map.groupBy(selected, ({ time }) => Math.floor(time / bucketMs) * bucketMs);
    for (const bucket of buckets.keys()) if (bucket < fromMs || bucket >= toMs) buckets.delete(bucket);
    return buckets;
  }

  beforeAll(async () => {
    engine = await openTestEngine();
    await stopScheduler(engine);
    await applyLifecycle(engine, SETTINGS);
    const made: Sample[] = [];
    for (let time = now - 5 * DAY; time < now; time += time < now - 6 * HOUR ? 37 * MINUTE : 20_000) {
      for (const seriesId of [1, 2, 3]) {
        made.push({ seriesId, time: time + seriesId, value: Math.floor(Math.random() * 4000) / 4 });
      }
    }
    await insert(made);
    await refreshLate(engine);
    await runAllJobs(engine);
  });
  afterAll(() => engine?.close());

  it('are read right on either side, for one series and for several', expectRight);

  it('show late samples once they are refreshed', async () => {
    await insert([2, 30, 50, 80].map((hours) => ({ seriesId: 2, time: now - hours * HOUR, value: 5000.25 })));
    await refreshLate(engine);
    await expectRight();
  });
});
