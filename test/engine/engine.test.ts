import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestEngine, type TestEngine } from '../support/engine.ts';

describe('an engine', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await openTestEngine();
  });
  afterAll(() => engine.close());

  it('has TimescaleDB of 2.18 or later', async () => {
    const { rows } = await engine.pool.query(
      `SELECT string_to_array(split_part(extversion, '-', 1), '.')::int[] >= ARRAY[2, 18] AS recent
       FROM pg_extension WHERE extname = 'timescaledb'`,
    );
    expect(rows).toEqual([{ recent: true }]);
  });

  it('gives int8 as a number, also in arrays', async () => {
    const { rows } = await engine.pool.query(
      'SELECT count(*) AS n, ARRAY[1::int8, NULL] AS list FROM generate_series(1, 3)',
    );
    expect(rows).toEqual([{ n: 3, list: [1, null] }]);
  });
});
