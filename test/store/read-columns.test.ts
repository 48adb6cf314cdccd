import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { joinColumn } from '../../src/domain/copy-binary.ts';
import type { Columns } from '../../src/domain/lttb.ts';
import { type ColumnsQuestion, readColumns } from '../../src/store/read-columns.ts';
import { openTestEngine, type TestEngine } from '../support/engine.ts';

const ROWS = 200_000;
const FROM_MS = Date.UTC(2026, 0, 1);

let engine: TestEngine;
let question: ColumnsQuestion;

beforeAll(async () => {
  engine = await openTestEngine();
  const { rows } = await engine.pool.query<{ id: number }>(
    `INSERT INTO series (metric_name, host) VALUES ('m', 'h') RETURNING id`,
  );
  await engine.pool.query(
    `INSERT INTO samples (time, series_id, value)
     SELECT to_timestamp($2::float8 / 1000) + i * interval '1 s', $1, i FROM generate_series(0, $3::int - 1) AS i`,
    [rows[0]!.id, FROM_MS, ROWS],
  );
  question = {
    resolution: 'raw',
    seriesIds: [rows[0]!.id],
    range: { fromMs: FROM_MS, toMs: FROM_MS + ROWS * 1000 },
    aggregate: 'avg',
    bucketMs: null,
    maxRows: ROWS,
  };
});
afterAll(() => engine?.close());

/** All points of the answer, in one piece. */
async function readAll(asked: ColumnsQuestion): Promise<Columns> {
  const segments = await readColumns(engine, asked);
  return {
    times: joinColumn(segments.map(({ times }) => times)),
    values: joinColumn(segments.map(({ values }) => values)),
  };
}

describe('reading columns', () => {
  test('gives every sample, exact and in order', async () => {
    const { times, values } = await readAll(question);
    expect([times.length, values.length]).toEqual([ROWS, ROWS]);
    expect(times.every((time, i) => time === FROM_MS + i * 1000)).toBe(true);
    expect(values.every((value, i) => value === i)).toBe(true);
  });

  test('refuses more rows than it may, proposes fit, and leaves the engine usable', async () => {
    await expect(readColumns(engine, { ...question, maxRows: 1000 })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      message: expect.stringContaining('fit'),
    });
    expect((await readAll(question)).times).toHaveLength(ROWS);
  });

  test('stops when the client goes away, and cancels the statement where the engine can', async () => {
    const gone = new AbortController();
    const reading = readColumns(engine, question, gone.signal);
    setTimeout(() => gone.abort(), 5);
    await expect(reading).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' });
    if (engine.abilities.cancel) {
      const copies = `SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'active' AND query LIKE 'COPY%'`;
      await expect.poll(async () => (await engine.pool.query(copies)).rowCount, { timeout: 5000 }).toBe(0);
    }
    expect((await readAll({ ...question, maxRows: ROWS })).times).toHaveLength(ROWS);
  });

  test('asks nothing for a client that has gone already', async () => {
    await expect(readColumns(engine, question, AbortSignal.abort())).rejects.toMatchObject({
      code: 'CLIENT_CLOSED_REQUEST',
    });
  });

  test('takes a failure of the statement for a failure of the database', async () => {
    await expect(readColumns(engine, { ...question, bucketMs: -1 })).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    expect((await readAll(question)).times).toHaveLength(ROWS);
  });

  test('saturates sums and averages of several series whose sum would overflow', async () => {
    const { rows } = await engine.pool.query<{ id: number }>(
      `INSERT INTO series (metric_name, host) SELECT 'huge', host FROM unnest(ARRAY['a', 'b']) AS host RETURNING id`,
    );
    const seriesIds = rows.map(({ id }) => id);
    await engine.pool.query(
      `INSERT INTO samples (time, series_id, value)
       SELECT to_timestamp($2::float8 / 1000), id, 1.7e308 FROM unnest($1::int[]) AS id`,
      [seriesIds, FROM_MS],
    );
    const huge = { ...question, seriesIds, bucketMs: 60_000 };
    const valuesOf = async (aggregate: 'sum' | 'avg' | 'max') =>
      (await readColumns(engine, { ...huge, aggregate })).flatMap(({ values }) => [...values]);
    expect(await valuesOf('sum')).toEqual([2e300]);
    expect(await valuesOf('avg')).toEqual([1e300]);
    expect(await valuesOf('max')).toEqual([1.7e308]);
  });
});
