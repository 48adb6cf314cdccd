import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SampleColumns } from '../../src/domain/sample-columns.ts';
import { resolveSeries } from '../../src/store/resolve-series.ts';
import { writeSamples } from '../../src/store/write-samples.ts';
import { openTestEngine, type TestEngine } from '../support/engine.ts';

const START_MS = Math.floor(Date.now() / 1000) * 1000 - 60_000;

let engine: TestEngine;
let seriesId: number;
beforeAll(async () => {
  engine = await openTestEngine();
  [seriesId = 0] = (await resolveSeries(engine, [{ metricName: 'm', host: 'h', labels: {} }])) as number[];
});
afterAll(() => engine.close());

function batch(seconds: readonly number[], value = 1): SampleColumns {
  return {
    seriesIds: new Int32Array(seconds.length).fill(seriesId),
    times: Float64Array.from(seconds, (second) => START_MS + second * 1000),
    values: new Float64Array(seconds.length).fill(value),
  };
}

async function valuesFrom(second: number): Promise<number[]> {
  const { rows } = await engine.pool.query<{ value: number }>(
    'SELECT value FROM samples WHERE time >= to_timestamp($1) ORDER BY time',
    [START_MS / 1000 + second],
  );
  return rows.map(({ value }) => value);
}

describe('writing samples', () => {
  test('tells no duplicates where there are none', async () => {
    expect(await writeSamples(engine, [batch([0, 1]), batch([2])])).toEqual([[], []]);
  });

  test('tells the duplicates of each batch by row: of what is stored, within a batch and between batches', async () => {
    await writeSamples(engine, [batch([10, 11])]);
    const batches = [batch([11, 12, 12, 10], 2), batch([13, 12], 3), batch([], 4), batch([14], 5)];
    expect(await writeSamples(engine, batches)).toEqual([[0, 2, 3], [1], [], []]);
    expect(await valuesFrom(10)).toEqual([1, 1, 2, 3, 5]);
  });

  test('keeps times to the microsecond', async () => {
    const times = Float64Array.of(START_MS + 20_000.001, START_MS + 20_000.002, START_MS + 20_000.001);
    const samples = { seriesIds: new Int32Array(3).fill(seriesId), times, values: new Float64Array(3) };
    expect(await writeSamples(engine, [samples])).toEqual([[2]]);
  });

  test('takes samples that fall among compressed ones, and tells the duplicates there', async () => {
    const oldMs = START_MS - 20 * 86_400_000;
    await engine.pool.query(
      `INSERT INTO samples (time, series_id, value)
       SELECT to_timestamp($1::float8) + i * interval '1 ms', $2, i FROM generate_series(1, 150000) AS i`,
      [oldMs / 1000, seriesId],
    );
    await engine.pool.query(
      `ALTER TABLE samples SET (timescaledb.enable_columnstore,
         timescaledb.segmentby = 'series_id', timescaledb.orderby = 'time DESC')`,
    );
    await engine.pool.query(
      `SELECT compress_chunk(c) FROM show_chunks('samples', older_than => interval '10 days') AS c`,
    );
    const samples = {
      seriesIds: new Int32Array(3).fill(seriesId),
      times: Float64Array.of(oldMs + 1, oldMs + 1.5, oldMs + 150_000),
      values: new Float64Array(3),
    };
    expect(await writeSamples(engine, [samples])).toEqual([[0, 2]]);
    const spread = {
      seriesIds: new Int32Array(150).fill(seriesId),
      times: Float64Array.from({ length: 150 }, (_, i) => oldMs + i * 1000 + 2),
      values: new Float64Array(150),
    };
    expect((await writeSamples(engine, [spread]))[0]).toHaveLength(150);
  });

  test('lets two writers of the same samples, in opposite order, both end', async () => {
    const seconds = Array.from({ length: 500 }, (_, i) => 100 + i);
    const [forward, backward] = [batch(seconds), batch(seconds.toReversed())];
    const answers = await Promise.all([writeSamples(engine, [forward]), writeSamples(engine, [backward])]);
    const duplicates = answers.flat().reduce((sum, rows) => sum + rows.length, 0);
    expect(duplicates).toBe(500);
  });
});

describe('resolving series', () => {
  const named = (...names: string[]) =>
    names.map((metricName) => ({ metricName, host: 'h', labels: { a: 'b' } }));

  test('gives the same ids again, in the order asked', async () => {
    const [x, y] = await resolveSeries(engine, named('x', 'y'));
    expect(await resolveSeries(engine, named('y', 'z', 'x'))).toMatchObject([y, expect.any(Number), x]);
  });

  test('adds none beyond the bound, and finds those that are there', async () => {
    const { rows } = await engine.pool.query<{ count: number }>('SELECT count(*) FROM series');
    const ids = await resolveSeries(engine, named('x', 'new-1', 'new-2'), rows[0]!.count + 1);
    expect(ids.map((id) => id !== undefined)).toEqual([true, true, false]);
  });
});
