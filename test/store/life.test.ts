import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyLifecycle } from '../../src/store/lifecycle.ts';
import { refreshLate } from '../../src/store/refresh.ts';
import { readMaterializedParts } from '../../src/store/refresh-watermarks.ts';
import { openTestEngine, type TestEngine } from '../support/engine.ts';
import { DAY, HOUR, loadHistory, MINUTE, runAllJobs, SETTINGS, stopScheduler } from '../support/lifecycle.ts';

const SERIES = 3;

/** Lives through 120 days, in four loads of 30 with every job run in between, and checks what is left of them. */
describe('120 days of samples', () => {
  let engine: TestEngine;
  /** A whole hour, since loads of history that meet within one are refused. */
  const now = Math.floor(Date.now() / HOUR) * HOUR;

  const query = async (sql: string, values: unknown[] = []) => (await engine.pool.query(sql, values)).rows;

  /** Inserts a sample every 10 minutes of each series, quarter values so that sums are exact, each with a duplicate. */
  const insert = async (fromMs: number, toMs: number) => {
    const made = `SELECT t + id * INTERVAL '7 s' AS time, id AS series_id, floor(random() * 4000) / 4 AS value
      FROM generate_series($1::timestamptz, $2::timestamptz - INTERVAL '1 min', INTERVAL '10 min') t,
           generate_series(1, ${SERIES}) id`;
    const range = [new Date(fromMs), new Date(toMs)];
    await query(`INSERT INTO ever_inserted ${made}`, range);
    const copy = `INSERT INTO samples SELECT time, series_id, value + $3 FROM ever_inserted
      WHERE time >= $1 AND time < $2 ON CONFLICT DO NOTHING`;
    await query(copy, [...range, 0]);
    await query(copy, [...range, 1]);
  };

  /** Inserts one sample of each series at each age by the view, and again with another value. */
  const insertLate = async (agesMs: readonly number[]) => {
    for (const [repeat, value] of [4001.25, 0].entries()) {
      const { rowCount } = await engine.pool.query(
        `INSERT INTO metrics (time, host, metric_name, value)
         SELECT $1::timestamptz - age * INTERVAL '1 ms', 'host-' || id, 'cpu', $3::float8
           FROM unnest($2::float8[]) age, generate_series(1, ${SERIES}) id`,
        [new Date(now), agesMs, value],
      );
      expect(rowCount).toBe(repeat === 0 ? agesMs.length * SERIES : 0);
    }
    await query(
      `INSERT INTO ever_inserted SELECT $1::timestamptz - age * INTERVAL '1 ms', id, 4001.25
         FROM unnest($2::float8[]) age, generate_series(1, ${SERIES}) id`,
      [new Date(now), agesMs],
    );
  };

  /** Buckets of a rollup from a time on that differ from a computation over everything ever inserted. */
  const differences = (view: string, width: string, sinceMs: number) =>
    query(
      `WITH expected AS (
         SELECT series_id, time_bucket('${width}', time) AS bucket, sum(value) AS sum, count(*) AS count,
                min(value) AS min, max(value) AS max, last(value, time) AS last
           FROM ever_inserted GROUP BY 1, 2 HAVING time_bucket('${width}', min(time)) >= $1
       ), actual AS (SELECT series_id, bucket, sum, count, min, max, last FROM ${view} WHERE bucket >= $1)
       (SELECT 'missing' AS what, * FROM (TABLE expected EXCEPT TABLE actual) missing LIMIT 3)
       UNION ALL
       (SELECT 'wrong', * FROM (TABLE actual EXCEPT TABLE expected) wrong LIMIT 3)`,
      [new Date(sinceMs)],
    );

  const expectRollupsRight = async () => {
    expect(await differences('samples_1min', '1 minute', now - 90 * DAY)).toEqual([]);
    expect(await differences('samples_1hour', '1 hour', 0)).toEqual([]);
    expect(await differences('samples_daily', '1 day', 0)).toEqual([]);
  };

  const fingerprint = async () => {
    const tables = ['samples', 'samples_1min', 'samples_1hour', 'samples_daily'];
    const parts = tables.map(
      (t) => `(SELECT md5(string_agg(r::text, ';' ORDER BY r::text)) FROM ${t} r) AS ${t}`,
    );
    const chunks = `(SELECT string_agg(chunk_name || is_compressed, ';' ORDER BY chunk_name)
                       FROM timescaledb_information.chunks) AS chunks`;
    return query(`SELECT ${[...parts, chunks].join(', ')}`);
  };

  const oldest = async (table: string, column: string) => {
    const [row] = await query(`SELECT extract(epoch FROM min(${column}))::float8 * 1000 AS ms FROM ${table}`);
    return row.ms as number;
  };

  beforeAll(async () => {
    engine = await openTestEngine();
    await stopScheduler(engine);
    await applyLifecycle(engine, SETTINGS);
    await query(`CREATE TABLE ever_inserted (time timestamptz, series_id int, value float8)`);
    await query(
      `INSERT INTO series (metric_name, host) SELECT 'cpu', 'host-' || id FROM generate_series(1, ${SERIES}) id`,
    );
    for (const days of [120, 90, 60, 30]) {
      const range = { fromMs: now - days * DAY, toMs: now - (days - 30) * DAY };
      await loadHistory(engine, range, () => insert(range.fromMs, range.toMs));
      await runAllJobs(engine);
    }
  }, 240_000);
  afterAll(() => engine.close());

  it('leaves raw samples of 30 days, 1-minute buckets of 90, and the coarser rollups whole', async () => {
    expect(await oldest('samples', 'time')).toBeGreaterThan(now - 30 * DAY - HOUR - SETTINGS.chunkIntervalMs);
    expect(await oldest('samples', 'time')).toBeLessThan(now - 30 * DAY + 10 * MINUTE);
    expect(await oldest('samples_1min', 'bucket')).toBeGreaterThan(now - 90 * DAY - 2 * HOUR - DAY);
    expect(await oldest('samples_1min', 'bucket')).toBeLessThan(now - 90 * DAY + 10 * MINUTE);
    await expectRollupsRight();
  });

  it('brings late samples into every rollup, also where chunks are compressed', async () => {
    const compressed = await query(
      `SELECT DISTINCT hypertable_name AS name FROM timescaledb_information.chunks
        WHERE is_compressed AND range_start < $1 AND range_end >= $1 ORDER BY 1`,
      [new Date(now - 20 * DAY)],
    );
    expect(compressed).toContainEqual({ name: 'samples' });
    expect(compressed.length).toBeGreaterThanOrEqual(2);
    await insertLate([
      29.9 * DAY,
      20 * DAY,
      20 * DAY + 1,
      6 * DAY,
      2 * DAY,
      26 * HOUR,
      3 * HOUR,
      2 * MINUTE,
      1000,
    ]);
    await refreshLate(engine);
    await expectRollupsRight();
    await runAllJobs(engine);
    await expectRollupsRight();
  });

  it('changes nothing when everything runs a second time', async () => {
    await runAllJobs(engine);
    const before = await fingerprint();
    await applyLifecycle(engine, SETTINGS);
    await refreshLate(engine);
    await runAllJobs(engine);
    expect(await fingerprint()).toEqual(before);
  });

  it('is materialised where the program says so, and the rest shows all the same', async () => {
    const parts = await readMaterializedParts(engine.pool);
    for (const [rollup, bucketMs] of Object.entries({ '1min': MINUTE, '1hour': HOUR, daily: DAY })) {
      const { hypertable, untilMs } = parts[rollup as keyof typeof parts];
      expect(untilMs % bucketMs).toBe(0);
      expect(untilMs).toBeGreaterThan(now - 3 * DAY);
      const view = `samples_${rollup}`;
      const [row] = await query(
        `SELECT (SELECT count(*) FROM ${view} WHERE bucket < $1) AS shown,
                (SELECT count(*) FROM ${hypertable} WHERE bucket < $1) AS materialised`,
        [new Date(untilMs)],
      );
      expect(row.materialised).toBe(row.shown);
      expect(row.shown).toBeGreaterThan(0);
    }
  });

  it('refuses samples and history that would rebuild rollups from raw samples that are gone', async () => {
    await expect(insertLate([30 * DAY + MINUTE])).rejects.toThrow('RETAIN_RAW');
    const range = { fromMs: now - 50 * DAY, toMs: now - 40 * DAY };
    await expect(loadHistory(engine, range, () => insert(range.fromMs, range.toMs))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('already holds samples'),
    });
    await expectRollupsRight();
  });

  it('keeps the rollups of dropped raw samples when raw samples are to be kept longer', async () => {
    await applyLifecycle(engine, { ...SETTINGS, retainRawMs: 80 * DAY });
    await expect(insertLate([31 * DAY])).rejects.toThrow('RETAIN_RAW');
    await refreshLate(engine);
    await runAllJobs(engine);
    await expectRollupsRight();
  });
});
