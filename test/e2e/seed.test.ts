import { afterAll, beforeAll, expect, test } from 'vitest';
import { seed } from '../../src/cli/seed.ts';
import { createStoreSink } from '../../src/cli/store-sink.ts';
import { fillSynthetic } from '../../src/domain/synthetic.ts';
import { createLogger } from '../../src/logger.ts';
import { openStore } from '../../src/open-store.ts';
import { startTestApp, type TestApp } from '../support/app.ts';

const STEP_MS = 10_000;
const DAY_MS = 86_400_000;
const WEEK_SAMPLES = 544_320;

let app: TestApp;
let lastMs: number;

beforeAll(async () => {
  const nowMs = Date.now();
  lastMs = Math.floor(nowMs / STEP_MS) * STEP_MS;
  const told: string[] = [];
  const io = { stream: { write: (text: string) => told.push(text) }, signal: new AbortController().signal };
  app = await startTestApp({}, async (config) => {
    const openSink = async () => createStoreSink(await openStore(config, 'seed', createLogger(config)));
    expect(await seed({ days: 7, hosts: 3, seed: 1, nowMs }, openSink, io)).toBe(0);
  });
  expect(told.join('')).toContain('544 320 samples stored');
}, 240_000);
afterAll(() => app?.close());

/** The seeded samples of some hosts, each as (time, value), brute force. */
function seeded(hosts: readonly string[]): [number, number][] {
  const samples = 7 * (DAY_MS / STEP_MS);
  return hosts.flatMap((host) => {
    const [times, values] = [new Float64Array(samples), new Float64Array(samples)];
    fillSynthetic(
      { seed: 1, host, metric: 'cpu_usage' },
      lastMs - (samples - 1) * STEP_MS,
      STEP_MS,
      times,
      values,
    );
    return Array.from(times, (time, i): [number, number] => [time, values[i]!]);
  });
}

/** The average of each bucket that starts in `[fromMs, toMs)`. */
function averages(
  samples: [number, number][],
  bucketMs: number,
  fromMs: number,
  toMs: number,
): Map<number, number> {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const [time, value] of samples) {
    const bucket = Math.floor(time / bucketMs) * bucketMs;
    if (bucket < fromMs || bucket >= toMs) continue;
    const { sum, count } = sums.get(bucket) ?? { sum: 0, count: 0 };
    sums.set(bucket, { sum: sum + value, count: count + 1 });
  }
  return new Map([...sums].map(([bucket, { sum, count }]) => [bucket, sum / count]));
}

test('a week of three hosts is there', async () => {
  const { hosts } = await app.client.hosts.query();
  expect(hosts.map(({ host }) => host)).toEqual(['web-1', 'web-2', 'web-3']);
  const { data } = await app.client.series.query({
    metric_name: 'cpu_usage',
    start: '8d',
    resolution: 'daily',
    aggregate: 'count',
  });
  expect(data.values.reduce((sum, count) => sum + count, 0)).toBe(WEEK_SAMPLES / 3);
});

const tiers: [string, string, number][] = [
  ['1h', 'metrics', STEP_MS],
  ['24h', 'metrics_1min', 60_000],
  ['7d', 'metrics_1hour', 3_600_000],
  ['30d', 'metrics_daily', DAY_MS],
];

test.each(tiers)(
  '%s answers from %s with the right values, the newest bucket included',
  async (start, source, bucketMs) => {
    for (const hosts of [['web-1'], ['web-1', 'web-2', 'web-3']]) {
      const host = hosts.length === 1 ? hosts[0] : undefined;
      const answer = await app.client.series.query({
        metric_name: 'cpu_usage',
        start,
        points: 10_000,
        ...(host && { host }),
      });
      expect(answer.data_source).toBe(source);
      const expected = averages(seeded(hosts), bucketMs, answer.from.getTime(), answer.to.getTime());
      const inOrder = [...expected].sort(([a], [b]) => a - b);
      expect([...answer.data.times]).toEqual(inOrder.map(([bucket]) => bucket));
      expect(answer.data.times.at(-1)).toBe(Math.floor(lastMs / bucketMs) * bucketMs);
      for (const [i, [, value]] of inOrder.entries()) expect(answer.data.values[i]).toBeCloseTo(value, 9);
    }
  },
);

test('the newest sample is the last one seeded', async () => {
  const [[time, value]] = seeded(['web-2']).slice(-1) as [[number, number]];
  const newest = await app.client.latest.query({ metric_name: 'cpu_usage', host: 'web-2' });
  expect(newest).toMatchObject({ time: new Date(time), value });
});
