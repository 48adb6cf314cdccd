import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AlignedSeries } from '../../src/client.ts';
import { startTestApp, type TestApp } from '../support/app.ts';

const STEP_MS = 10_000;
const HOUR_MS = 3_600_000;
const HOSTS = ['m-1', 'm-2', 'm-3'];

let app: TestApp;
/** Start of the current hour, so that buckets and their edges are known. */
let hourMs: number;

/** Three hosts over three hours, every 10 s: 10 × host number; m-2 has one spike, m-3 nothing in the second hour. */
beforeAll(async () => {
  app = await startTestApp();
  hourMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  for (const [h, host] of HOSTS.entries()) {
    const times = Array.from({ length: 1080 }, (_, i) => hourMs - 3 * HOUR_MS + i * STEP_MS);
    const samples = times
      .filter((_, i) => h !== 2 || i < 360 || i >= 720)
      .map((time, i) => ({
        time,
        host,
        metric_name: 'load',
        value: h === 1 && i === 500 ? 900 : 10 * (h + 1),
        labels: { core: '0' },
      }));
    await app.client.ingest.mutate({ samples });
  }
  await app.client.ingest.mutate({
    samples: [{ time: hourMs - STEP_MS, host: 'm-1', metric_name: 'load', value: 30, labels: { core: '1' } }],
  });
});
afterAll(() => app?.close());

const range = () => ({ start: hourMs - 3 * HOUR_MS, end: hourMs });

describe('matrix', () => {
  test('answers every series at times they share, the same on both doors', async () => {
    const answer = await app.client.matrix.query({ metric_name: 'load', ...range(), match: ['core=0'] });
    expect(answer).toMatchObject({
      metric_name: 'load',
      host: null,
      data_source: 'metrics_1min',
      bucket_ms: 60_000,
      series_matched: 3,
      points_returned: 180,
    });
    expect(answer.data).toBeInstanceOf(AlignedSeries);
    expect(answer.data.series.map(({ host, labels }) => [host, labels])).toEqual(
      HOSTS.map((host) => [host, { core: '0' }]),
    );
    const [first, , third] = answer.data.series;
    expect(first!.values.every((value) => value === 10)).toBe(true);
    expect([...third!.values].findIndex(Number.isNaN)).toBe(60);
    expect([...third!.values].filter(Number.isNaN)).toHaveLength(60);
    const url = `/api/metrics/load/matrix?start=${range().start}&end=${range().end}&match=core%3D0`;
    const rest = await app.json(url);
    expect(rest.data).toEqual(JSON.parse(JSON.stringify(answer.data)));
    expect(rest.data.series[2].values[60]).toBe(null);
  });

  test('keeps a spike of one host through rollup and downsampling, as the top of its band', async () => {
    const { data, points_returned } = await app.client.matrix.query({
      metric_name: 'load',
      ...range(),
      match: ['core=0'],
      points: 20,
    });
    expect(points_returned).toBeLessThanOrEqual(20);
    expect(data.times.length).toBe(points_returned);
    const spiky = data.series[1]!;
    expect(Math.max(...spiky.max!)).toBe(900);
    expect(Math.min(...spiky.min!)).toBe(20);
    expect(Math.max(...data.series[0]!.max!)).toBe(10);
  });

  test('answers one raw series with its samples, without a band', async () => {
    const answer = await app.client.matrix.query({
      metric_name: 'load',
      start: hourMs - HOUR_MS,
      end: hourMs,
      host: ['m-2'],
    });
    expect(answer).toMatchObject({ data_source: 'metrics', bucket_ms: null, points_returned: 360 });
    expect(answer.data.series[0]).not.toHaveProperty('max');
    expect(answer.data.times[1]! - answer.data.times[0]!).toBe(STEP_MS);
  });

  test('makes one line of all label sets of a host', async () => {
    const ask = (aggregate: 'avg' | 'sum' | 'max') =>
      app.client.matrix.query({
        metric_name: 'load',
        start: hourMs - 60_000,
        end: hourMs,
        host: ['m-1', 'm-2'],
        group_by: 'host',
        aggregate,
      });
    const { data, series_matched } = await ask('avg');
    expect(series_matched).toBe(2);
    expect(data.series.map(({ host, labels }) => [host, labels])).toEqual([
      ['m-1', {}],
      ['m-2', {}],
    ]);
    expect(data.series[0]!.values.at(-1)).toBe(20);
    expect(data.series[0]!.min!.at(-1)).toBe(10);
    expect((await ask('sum')).data.series[0]!.values.at(-1)).toBe(40);
    expect((await ask('max')).data.series[0]!.values.at(-1)).toBe(30);
  });

  test('bounds its lines and says how many there are', async () => {
    const { data, series_matched } = await app.client.matrix.query({
      metric_name: 'load',
      ...range(),
      limit: 2,
    });
    expect(series_matched).toBe(4);
    expect(data.series.map(({ host, labels }) => `${host} ${labels.core}`)).toEqual(['m-1 0', 'm-1 1']);
  });

  test('refuses what it does not know by name, and knows when nothing matches', async () => {
    await expect(app.client.matrix.query({ metric_name: 'load', limit: 101 })).rejects.toMatchObject({
      data: { errors: [{ field: 'limit' }] },
    });
    await expect(app.client.matrix.query({ metric_name: 'load', host: ['nobody'] })).rejects.toMatchObject({
      data: { code: 'NOT_FOUND' },
      message: 'no samples of load with host nobody',
    });
  });

  test('answers an empty range with no rows', async () => {
    const answer = await app.client.matrix.query({ metric_name: 'load', start: 0, end: 1000 });
    expect(answer).toMatchObject({ points_returned: 0 });
    expect(answer.data.series).toHaveLength(4);
  });
});
