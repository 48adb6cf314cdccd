import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SampleColumns } from '../../src/domain/sample-columns.ts';
import { copyIn } from '../../src/store/copy-in.ts';
import { encodeCopy } from '../../src/store/sample-encoding.ts';
import { openTestEngine, type TestEngine } from '../support/engine.ts';

const ROWS = 100_000;
const START_MS = Math.floor(Date.now() / 1000) * 1000 - ROWS;
const COPY = 'COPY samples (time, series_id, value) FROM STDIN (FORMAT binary)';

let engine: TestEngine;
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine.close());

/** A sample a millisecond of one series. */
function samplesOf(seriesId: number, rows = ROWS): SampleColumns {
  return {
    seriesIds: new Int32Array(rows).fill(seriesId),
    times: Float64Array.from({ length: rows }, (_, row) => START_MS + row),
    values: new Float64Array(rows),
  };
}

async function countOf(seriesId: number): Promise<number> {
  const { rows } = await engine.pool.query('SELECT count(*) FROM samples WHERE series_id = $1', [seriesId]);
  return rows[0].count;
}

describe('copying in', () => {
  test('commits the rows, and tells what another statement of the same transaction gave', async () => {
    const client = await engine.pool.connect();
    try {
      const sql = `SELECT pg_current_xact_id()::text; ${COPY}`;
      const xid = await copyIn(client, sql, encodeCopy([samplesOf(1)]));
      const { rows } = await engine.pool.query('SELECT pg_xact_status($1::xid8) AS status', [xid]);
      expect(rows).toEqual([{ status: 'committed' }]);
      expect(await countOf(1)).toBe(ROWS);
    } finally {
      client.release();
    }
  });

  test.each([
    ['the rows', COPY, [samplesOf(2), samplesOf(2, 1), samplesOf(3)]],
    ['a statement before it', `SELECT 1 / 0; ${COPY}`, [samplesOf(2)]],
    ['a statement behind it', `${COPY}; SELECT 1 / 0`, [samplesOf(2)]],
  ])('keeps nothing where %s fails, and leaves the connection usable', async (_what, sql, batches) => {
    const client = await engine.pool.connect();
    try {
      await expect(copyIn(client, sql, encodeCopy(batches))).rejects.toHaveProperty('severity', 'ERROR');
      expect((await client.query('SELECT 7 AS seven')).rows).toEqual([{ seven: 7 }]);
      expect(await countOf(2)).toBe(0);
    } finally {
      client.release();
    }
  });

  test('fails where the connection breaks', async () => {
    const client = await engine.pool.connect();
    const copying = copyIn(
      client,
      `SELECT pg_terminate_backend(pg_backend_pid()); ${COPY}`,
      encodeCopy([samplesOf(2)]),
    );
    await expect(copying).rejects.toThrow();
    client.release(true);
    expect(await countOf(2)).toBe(0);
  });
});
