import { TRPCClientError } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Points } from '../../src/client.ts';
import { startTestApp, type TestApp } from '../support/app.ts';

const MINUTE_MS = 60_000;

let app: TestApp;
/** The newest sample's time: the start of a minute, a little in the past. */
let newestMs: number;

/** 20 minutes of two hosts, every 10 s: the value is the sample's number, from b-1 plus 1000. */
function sampleTimes(): number[] {
  return Array.from({ length: 120 }, (_, i) => newestMs - (119 - i) * 10_000);
}

beforeAll(async () => {
  app = await startTestApp();
  newestMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - MINUTE_MS;
  const samples = ['a-1', 'b-1'].flatMap((host, offset) =>
    sampleTimes().map((time, i) => ({ time, host, metric_name: 'queue_length', value: i + offset * 1000 })),
  );
  expect(await app.client.ingest.mutate({ samples })).toEqual({ accepted: 240, duplicates: 0, rejected: [] });
  await app.client.ingest.mutate({
    samples: [
      { time: newestMs, host: 'a-1', metric_name: 'disk_usage', value: 40, labels: { mount: '/' } },
      {
        time: newestMs,
        host: 'a-1',
        metric_name: 'disk_usage',
        value: 60,
        labels: { mount: '/var', type: 'a=b' },
      },
    ],
  });
});
afterAll(() => app?.close());

describe('ingest', () => {
  test('keeps the good samples of a batch and names the bad by index', async () => {
    const answer = await app.json('/api/metrics', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"samples":[{"host":"x","metric_name":"m1","value":1},{"host":"x","metric_name":"m1","value":1e999},7]}',
    });
    expect(answer).toEqual({
      accepted: 1,
      duplicates: 0,
      rejected: [
        { index: 1, reason: expect.stringMatching(/^value: /) },
        { index: 2, reason: expect.stringMatching(/^input: /) },
      ],
    });
  });

  test('ignores and counts a sample that is there already, also within one batch', async () => {
    const sample = { time: newestMs, host: 'x', metric_name: 'm2', value: 1 };
    expect(await app.client.ingest.mutate({ samples: [sample, sample] })).toMatchObject({
      accepted: 1,
      duplicates: 1,
    });
    expect(await app.client.ingest.mutate({ samples: [{ ...sample, value: 2 }] })).toMatchObject({
      accepted: 0,
      duplicates: 1,
    });
    expect(await app.client.latest.query({ metric_name: 'm2' })).toMatchObject({ value: 1 });
  });

  test('tells apart series by their labels, in whatever order they come, and takes an empty label as none', async () => {
    const base = { host: 'x', metric_name: 'm3', value: 1 };
    await app.client.ingest.mutate({
      samples: [
        { ...base, time: newestMs, labels: { a: '1', b: '2' } },
        { ...base, time: newestMs + 1, labels: { b: '2', a: '1', c: '' } },
        { ...base, time: newestMs, labels: { a: '2' } },
      ],
    });
    const { metrics } = await app.client.metrics.query();
    expect(metrics.find(({ metric_name }) => metric_name === 'm3')).toMatchObject({ hosts: 1, series: 2 });
  });

  test('acknowledges concurrent batches each with its own counts', async () => {
    const batches = Array.from({ length: 20 }, (_, i) =>
      Array.from({ length: 10 }, (_, j) => ({
        time: newestMs - (i >> 1) * 100 - j,
        host: 'x',
        metric_name: 'm4',
        value: i,
      })),
    );
    const answers = await Promise.all(batches.map((samples) => app.client.ingest.mutate({ samples })));
    expect(answers.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(100);
    for (const { accepted, duplicates } of answers) expect(accepted + duplicates).toBe(10);
  });

  test('takes no samples as nothing to do', async () => {
    expect(await app.client.ingest.mutate({ samples: [] })).toEqual({
      accepted: 0,
      duplicates: 0,
      rejected: [],
    });
  });
});

describe('series', () => {
  test('answers one raw series with its samples, the same on both doors', async () => {
    const answer = await app.client.series.query({ metric_name: 'queue_length', host: 'a-1', start: '1h' });
    expect(answer).toMatchObject({
      metric_name: 'queue_length',
      start: '1h',
      end: null,
      host: 'a-1',
      points_requested: 800,
      points_returned: 120,
      data_source: 'metrics',
      bucket_ms: null,
    });
    expect(answer.data).toBeInstanceOf(Points);
    expect([...answer.data.times]).toEqual(sampleTimes());
    expect([...answer.data.values]).toEqual(sampleTimes().map((_, i) => i));
    expect(answer.to.getTime() - answer.from.getTime()).toBe(3_600_000);
    const rest = await app.json('/api/metrics/queue_length?start=1h&host=a-1');
    expect(rest.data).toEqual(JSON.parse(JSON.stringify(answer.data)));
    expect(rest.data[0]).toEqual({ time: new Date(sampleTimes()[0]!).toISOString(), value: 0 });
  });

  test('puts several raw series into common buckets and aggregates over all of them', async () => {
    const ask = (aggregate: 'avg' | 'sum' | 'count' | 'min' | 'max' | 'last') =>
      app.client.series.query({ metric_name: 'queue_length', start: '1h', aggregate });
    const average = await ask('avg');
    expect(average.bucket_ms).toBe(10_000);
    expect([...average.data.times]).toEqual(sampleTimes());
    expect([...average.data.values]).toEqual(sampleTimes().map((_, i) => i + 500));
    expect([...(await ask('sum')).data.values]).toEqual(sampleTimes().map((_, i) => 2 * i + 1000));
    expect([...(await ask('count')).data.values]).toEqual(sampleTimes().map(() => 2));
    expect([...(await ask('min')).data.values]).toEqual(sampleTimes().map((_, i) => i));
    expect([...(await ask('max')).data.values]).toEqual(sampleTimes().map((_, i) => i + 1000));
  });

  test('answers from rollups with sum over count, the newest minute included', async () => {
    const answer = await app.client.series.query({ metric_name: 'queue_length', start: '2h' });
    expect(answer).toMatchObject({ data_source: 'metrics_1min', bucket_ms: 60_000 });
    const expected = new Map<number, number[]>();
    for (const [i, time] of sampleTimes().entries()) {
      const bucket = Math.floor(time / MINUTE_MS) * MINUTE_MS;
      expected.set(bucket, [...(expected.get(bucket) ?? []), i, i + 1000]);
    }
    expect([...answer.data.times]).toEqual([...expected.keys()]);
    expect([...answer.data.values]).toEqual(
      [...expected.values()].map((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
    );
    expect(answer.data.times.at(-1)).toBe(newestMs);
  });

  test('is exact at the edges of its half-open range', async () => {
    const times = sampleTimes();
    const answer = await app.client.series.query({
      metric_name: 'queue_length',
      host: 'a-1',
      start: times[10]!,
      end: new Date(times[20]!).toISOString(),
    });
    expect([...answer.data.times]).toEqual(times.slice(10, 20));
  });

  test('downsamples to the points asked for and keeps both ends', async () => {
    const { data, points_returned } = await app.client.series.query({
      metric_name: 'queue_length',
      host: 'a-1',
      start: '1h',
      points: 10,
    });
    expect(points_returned).toBe(10);
    expect(data.length).toBe(10);
    expect([data.times[0], data.times[9]]).toEqual([sampleTimes()[0], newestMs]);
  });

  test('matches labels literally, all of them, and an empty value where the label is absent', async () => {
    const latest = (match: string[]) => app.client.latest.query({ metric_name: 'disk_usage', match });
    expect((await latest(['mount=/var'])).value).toBe(60);
    expect((await latest(['mount=/var', 'type=a=b'])).value).toBe(60);
    expect((await latest(['type='])).value).toBe(40);
    await expect(latest(['mount=/var', 'mount=/'])).rejects.toMatchObject({ data: { code: 'NOT_FOUND' } });
    const query = new URLSearchParams([
      ['match', 'mount=/var'],
      ['match', 'type=a=b'],
    ]);
    expect(await app.json(`/api/metrics/disk_usage/latest?${query}`)).toEqual({
      metric_name: 'disk_usage',
      host: 'a-1',
      labels: { mount: '/var', type: 'a=b' },
      time: new Date(newestMs).toISOString(),
      value: 60,
    });
  });

  test('takes empty parameters of a URL as not given', async () => {
    const url =
      '/api/metrics/queue_length?start=1h&end=&host=&match=&points=800&aggregate=avg&resolution=auto';
    expect(await app.json(url)).toMatchObject({ points_returned: 120, host: null });
  });

  test('answers an empty range with no points', async () => {
    const answer = await app.client.series.query({ metric_name: 'queue_length', start: 0, end: 1000 });
    expect(answer).toMatchObject({ points_returned: 0, data_source: 'metrics_1hour' });
    expect(answer.data.length).toBe(0);
  });
});

describe('hosts, metrics and latest', () => {
  test('name what is there', async () => {
    const { hosts } = await app.client.hosts.query();
    expect(hosts.find(({ host }) => host === 'b-1')).toEqual({
      host: 'b-1',
      series: 1,
      last_seen: new Date(newestMs),
    });
    const { metrics } = await app.client.metrics.query();
    expect(metrics.find(({ metric_name }) => metric_name === 'queue_length')).toEqual({
      metric_name: 'queue_length',
      unit: null,
      kind: null,
      hosts: 2,
      series: 2,
    });
    expect((await app.json('/api/hosts')).hosts).toEqual(JSON.parse(JSON.stringify(hosts)));
    expect((await app.json('/api/metrics')).metrics).toEqual(JSON.parse(JSON.stringify(metrics)));
  });

  test('give the newest sample of a host', async () => {
    const newest = await app.client.latest.query({ metric_name: 'queue_length', host: 'b-1' });
    expect(newest).toEqual({
      metric_name: 'queue_length',
      host: 'b-1',
      labels: {},
      time: new Date(newestMs),
      value: 1119,
    });
  });
});

describe('bad input', () => {
  const cases: [string, Record<string, unknown>, string][] = [
    ['an unknown resolution', { resolution: 'weekly' }, 'resolution'],
    ['an unknown aggregate', { aggregate: 'median' }, 'aggregate'],
    ['too few points', { points: 1 }, 'points'],
    ['too many points', { points: 10_001 }, 'points'],
    ['a fraction of a point', { points: 2.5 }, 'points'],
    ['a start that is no time', { start: 'yesterday' }, 'start'],
    ['an end before the start', { start: '1h', end: '2h' }, 'end'],
    ['a start in the future', { start: '2099-01-01' }, 'start'],
    ['a host with control characters', { host: 'a\u0007' }, 'host'],
    ['a matcher without a value', { match: ['mount'] }, 'match[0]'],
    ['an unknown field', { pionts: 10 }, 'pionts'],
  ];

  test.each(cases)('%s is refused by name on tRPC and REST', async (_, fields, field) => {
    const input = { metric_name: 'queue_length', ...fields };
    const error = await app.client.series.query(input as never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TRPCClientError);
    expect(error).toMatchObject({
      data: { code: 'BAD_REQUEST', httpStatus: 400, errors: [{ field, reason: expect.any(String) }] },
    });
    const query = new URLSearchParams(
      Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]),
    );
    const response = await app.rest(`/api/metrics/queue_length?${query}`);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toMatchObject({ status: 400, errors: [{ field }] });
  });

  test('a metric that nobody sent is not found on either door', async () => {
    await expect(app.client.series.query({ metric_name: 'nonsense' })).rejects.toMatchObject({
      data: { code: 'NOT_FOUND', httpStatus: 404 },
    });
    for (const path of ['/api/metrics/nonsense', '/api/metrics/nonsense/latest']) {
      const response = await app.rest(path);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ status: 404, detail: 'no samples of nonsense' });
    }
  });

  test('a name over 200 characters is refused by name', async () => {
    expect(await app.json(`/api/metrics/${'a'.repeat(201)}`)).toMatchObject({
      errors: [{ field: 'metric_name' }],
    });
  });

  test('a body that is not JSON, or not of the shape, is refused', async () => {
    const post = (body: string) =>
      app.rest('/api/metrics', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    for (const [body, field] of [
      ['{bad', 'body'],
      ['', 'body'],
      ['null', 'input'],
      ['{"samples":7}', 'samples'],
      ['{"sample":[]}', 'samples'],
    ]) {
      const response = await post(body!);
      expect(response.status, body).toBe(400);
      expect(await response.json(), body).toMatchObject({
        errors: expect.arrayContaining([expect.objectContaining({ field })]),
      });
    }
  });

  test('percent-encoded names are read', async () => {
    await app.client.ingest.mutate({ samples: [{ host: 'x', metric_name: 'a/b c?', value: 3 }] });
    expect(await app.json('/api/metrics/a%2Fb%20c%3F/latest')).toMatchObject({
      metric_name: 'a/b c?',
      value: 3,
    });
  });
});
