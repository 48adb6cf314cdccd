import { afterEach, describe, expect, test } from 'vitest';
import type { Columns } from '../../src/domain/lttb.ts';
import { downsample } from '../../src/domain/lttb-gaps.ts';
import {
  createDownsampling,
  type Downsampling,
  type DownsamplingOptions,
} from '../../src/downsampling/downsampling.ts';

const DYING_WORKER = new URL('../support/dying-worker.ts', import.meta.url);

const open: Downsampling[] = [];

function start(options: Partial<DownsamplingOptions> = {}): Downsampling {
  const downsampling = createDownsampling({ inlineMaxPoints: 1000, threads: 1, maxQueue: 10, ...options });
  open.push(downsampling);
  return downsampling;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((downsampling) => downsampling.close()));
});

/** Samples every second, with an hour missing in the middle. */
function columns(length: number): Columns {
  const times = Float64Array.from(
    { length },
    (_, i) => 1_764_669_600_000 + i * 1000 + (i < length / 2 ? 0 : 3_600_000),
  );
  return { times, values: times.map((_, i) => Math.sin(i / 50) * 20) };
}

describe('a job', () => {
  test.each([
    ['in this thread', 1_000_000],
    ['in a worker', 0],
  ])('gives the same points and gaps %s', async (_, inlineMaxPoints) => {
    const downsampling = start({ inlineMaxPoints });
    const { times, values } = columns(20_000);
    const gaps = { bucketMs: null, rangeMs: 24_000_000 };
    const result = await downsampling.run({ segments: [columns(20_000)], n: 300, gaps });
    expect(result.rows).toBe(20_000);
    expect(result.gapMs).toBeGreaterThan(1000);
    expect(result.gapMs).toBeLessThan(3_600_000);
    const expected = downsample(times, values, 300, { gapMs: result.gapMs! });
    expect({ times: result.times, values: result.values }).toEqual(expected);
    expect(result.times).toContain(times[9_999]);
    expect(result.times).toContain(times[10_000]);
  });

  test.each([
    ['in this thread', 1_000_000],
    ['in a worker', 0],
  ])('in several segments gives the points of the whole %s', async (_, inlineMaxPoints) => {
    const downsampling = start({ inlineMaxPoints });
    const { times, values } = columns(5000);
    const segments = [0, 1024, 3072].map((from, i, starts) => ({
      times: times.slice(from, starts[i + 1]),
      values: values.slice(from, starts[i + 1]),
    }));
    const result = await downsampling.run({ segments, n: 100 });
    expect(result).toMatchObject({ rows: 5000, gapMs: null });
    const expected = downsample(times, values, 100);
    expect({ times: result.times, values: result.values }).toEqual(expected);
  });

  test('runs in this thread up to the limit and in a worker above it', async () => {
    const downsampling = start({ inlineMaxPoints: 1000 });
    await downsampling.run({ segments: [columns(1000)], n: 10 });
    expect(downsampling.counters).toMatchObject({ inline: 1, pooled: 0 });
    await downsampling.run({ segments: [columns(1001)], n: 10 });
    expect(downsampling.counters).toMatchObject({ inline: 1, pooled: 1 });
  });

  test('has its buffers moved to the worker, not copied', async () => {
    const downsampling = start();
    const { times, values } = columns(5000);
    const running = downsampling.run({ segments: [{ times, values }], n: 10 });
    await running;
    expect([times.byteLength, values.byteLength]).toEqual([0, 0]);
  });

  test('may hold both columns in one buffer, longer than they are', async () => {
    const downsampling = start();
    const given = columns(2000);
    const both = new Float64Array(5000);
    both.set(given.times, 0);
    both.set(given.values, 2500);
    const shared = { times: both.subarray(0, 2000), values: both.subarray(2500, 4500) };
    const result = await downsampling.run({ segments: [shared], n: 5000 });
    expect([result.times, result.values]).toEqual([given.times, given.values]);
  });

  test('over a buffer that cannot be moved is a coded error and costs no thread', async () => {
    const downsampling = start({ inlineMaxPoints: 0 });
    // Node cuts small buffers out of a pool that it does not let go.
    const pooled = new Float64Array(Buffer.from('small').buffer as ArrayBuffer, 0, 2);
    const segments = [{ times: pooled, values: pooled }];
    await expect(downsampling.run({ segments, n: 10 })).rejects.toMatchObject({
      code: 'INTERNAL_SERVER_ERROR',
    });
    await expect(downsampling.run({ segments: [columns(5000)], n: 10 })).resolves.toMatchObject({
      rows: 5000,
    });
    expect(downsampling.counters).toMatchObject({ running: 0, threadsLost: 0 });
  });
});

describe('a failing job', () => {
  test.each([
    ['in this thread', 1_000_000],
    ['in a worker', 0],
  ])('rejects with its own code %s', async (_, inlineMaxPoints) => {
    const downsampling = start({ inlineMaxPoints });
    await expect(downsampling.run({ segments: [columns(100)], n: 1.5 })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      fields: [{ field: 'points' }],
    });
  });

  test('whose thread dies is unavailable, and the next one runs on a new thread', async () => {
    const downsampling = start({ worker: DYING_WORKER });
    await expect(downsampling.run({ segments: [columns(5000)], n: 13 })).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    const result = await downsampling.run({ segments: [columns(5000)], n: 12 });
    expect(result.times).toHaveLength(12);
    expect(downsampling.counters).toMatchObject({ threadsLost: 1, running: 0, waiting: 0 });
  });

  test('whose thread dies does not take the jobs behind it along', async () => {
    const downsampling = start({ worker: DYING_WORKER, threads: 2 });
    const jobs = [13, 12, 13, 11].map((n) => downsampling.run({ segments: [columns(5000)], n }));
    const settled = await Promise.allSettled(jobs);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
  });
});

describe('when there are more jobs than threads', () => {
  test('a bounded number waits, in order, and the others are refused', async () => {
    const downsampling = start({ threads: 1, maxQueue: 2 });
    const order: number[] = [];
    const jobs = [11, 12, 13].map((n) =>
      downsampling.run({ segments: [columns(200_000)], n }).then(() => order.push(n)),
    );
    const { times, values } = columns(5000);
    await expect(downsampling.run({ segments: [{ times, values }], n: 14 })).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    expect(times.byteLength).toBe(40_000);
    expect(downsampling.counters).toMatchObject({ running: 1, waiting: 2, refused: 1 });
    await Promise.all(jobs);
    expect(order).toEqual([11, 12, 13]);
    expect(downsampling.counters).toMatchObject({ running: 0, waiting: 0, pooled: 3 });
  });

  test('small jobs still run', async () => {
    const downsampling = start({ threads: 1, maxQueue: 0 });
    const large = downsampling.run({ segments: [columns(200_000)], n: 10 });
    await expect(downsampling.run({ segments: [columns(100)], n: 10 })).resolves.toMatchObject({ rows: 100 });
    await large;
  });
});

describe('an aborted signal', () => {
  const cancelled = { code: 'CLIENT_CLOSED_REQUEST' };

  test('keeps a job from beginning', async () => {
    const downsampling = start();
    const aborted = AbortSignal.abort();
    await expect(downsampling.run({ segments: [columns(100)], n: 10 }, aborted)).rejects.toMatchObject(
      cancelled,
    );
    await expect(downsampling.run({ segments: [columns(5000)], n: 10 }, aborted)).rejects.toMatchObject(
      cancelled,
    );
    expect(downsampling.counters).toMatchObject({ inline: 0, pooled: 0, cancelled: 2 });
  });

  test('takes a waiting job out of the queue, its buffers untouched', async () => {
    const downsampling = start({ maxQueue: 1 });
    const running = downsampling.run({ segments: [columns(200_000)], n: 10 });
    const { times, values } = columns(5000);
    const controller = new AbortController();
    const waiting = downsampling.run({ segments: [{ times, values }], n: 10 }, controller.signal);
    controller.abort();
    await expect(waiting).rejects.toMatchObject(cancelled);
    expect(downsampling.counters.waiting).toBe(0);
    await running;
    expect(times.byteLength).toBe(40_000);
    expect(downsampling.counters).toMatchObject({ pooled: 1, cancelled: 1, running: 0 });
  });

  test('settles a running job at once and leaves its thread alive', async () => {
    const downsampling = start();
    const controller = new AbortController();
    const running = downsampling.run({ segments: [columns(500_000)], n: 10 }, controller.signal);
    await Promise.resolve();
    controller.abort();
    await expect(running).rejects.toMatchObject(cancelled);
    expect(downsampling.counters.running).toBe(1);
    await expect(downsampling.run({ segments: [columns(5000)], n: 10 })).resolves.toMatchObject({
      rows: 5000,
    });
    expect(downsampling.counters).toMatchObject({ running: 0, threadsLost: 0 });
  });

  test('does not matter any more once the job is done', async () => {
    const downsampling = start();
    const controller = new AbortController();
    const result = await downsampling.run({ segments: [columns(5000)], n: 10 }, controller.signal);
    controller.abort();
    expect(result.times).toHaveLength(10);
    expect(downsampling.counters.cancelled).toBe(0);
  });
});

describe('warm and close', () => {
  test('warm resolves once every thread has answered', async () => {
    const downsampling = start({ threads: 2 });
    await downsampling.warm();
    const results = await Promise.all(
      [10, 11].map((n) => downsampling.run({ segments: [columns(5000)], n })),
    );
    expect(results.map(({ times }) => times.length)).toEqual([10, 11]);
  });

  test('close lets a running job end and refuses waiting and new ones', async () => {
    const downsampling = start();
    const running = downsampling.run({ segments: [columns(200_000)], n: 10 });
    const waiting = downsampling.run({ segments: [columns(5000)], n: 10 });
    const refused = expect(waiting).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await Promise.resolve();
    await downsampling.close();
    await refused;
    expect((await running).times).toHaveLength(10);
    await expect(downsampling.run({ segments: [columns(5000)], n: 10 })).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
  });
});
