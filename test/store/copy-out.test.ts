import type { PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyOut } from '../../src/store/copy-out.ts';
import { openTestEngine, type TestEngine } from '../support/engine.ts';

const ROWS = 50_000;
const SHAPE = { types: ['int4', 'float8'], maxRows: ROWS } as const;

let engine: TestEngine;

beforeAll(async () => {
  engine = await openTestEngine({ poolSize: 1 });
  await engine.pool.query(`
    CREATE FUNCTION noisy(i int) RETURNS float8 LANGUAGE plpgsql AS $$
    BEGIN
      IF i % 1000 = 0 THEN RAISE NOTICE 'at %', i; END IF;
      RETURN i;
    END $$`);
});
afterAll(() => engine?.close());

/** The query of `i` and an expression of it, for i from 1 on. */
function rowsOf(expression: string, count = ROWS): string {
  return `SELECT i, (${expression})::float8 FROM generate_series(1, ${count}) AS i`;
}

/** Marks the session of the pool's one connection, to know it again. */
async function mark(value: string): Promise<void> {
  await engine.pool.query(`SELECT set_config('test.mark', $1, false)`, [value]);
}

async function markOf(): Promise<string | null> {
  const { rows } = await engine.pool.query<{ mark: string | null }>(
    `SELECT current_setting('test.mark', true) AS mark`,
  );
  return rows[0]!.mark;
}

describe('copying out', () => {
  test('gives rows again and again on one connection, with other queries between', async () => {
    await mark('reused');
    for (const count of [0, 1, 2, 999, ROWS]) {
      const segments = await copyOut(engine, rowsOf('i / 2.0', count), SHAPE);
      const [numbers, halves] = [0, 1].map((c) => segments.flatMap((segment) => [...segment[c]!]));
      expect(numbers).toHaveLength(count);
      expect(numbers!.findIndex((number, i) => number !== i + 1)).toBe(-1);
      expect(halves!.findIndex((half, i) => half !== (i + 1) / 2)).toBe(-1);
      expect(await markOf()).toBe('reused');
    }
  });

  test('hands notices in the midst of the rows to the driver', async () => {
    const notices: (string | undefined)[] = [];
    const listen = (client: PoolClient) => client.on('notice', ({ message }) => notices.push(message));
    engine.pool.once('acquire', listen);
    const segments = await copyOut(engine, rowsOf('noisy(i)'), SHAPE);
    expect(segments.flatMap(([numbers]) => [...numbers!])).toHaveLength(ROWS);
    expect(notices).toEqual(Array.from({ length: ROWS / 1000 }, (_, i) => `at ${(i + 1) * 1000}`));
  });

  test.each([
    ['before the first row', 'SELECT 1, no_such_column FROM series', '42703'],
    ['after many rows', rowsOf(`1 / (i - ${ROWS - 5})`), '22012'],
  ])('throws an error of the server %s and keeps the connection', async (_, sql, code) => {
    await mark(code);
    await expect(copyOut(engine, sql, SHAPE)).rejects.toMatchObject({ code });
    expect(await markOf()).toBe(code);
    expect(await copyOut(engine, rowsOf('i', 3), SHAPE)).toHaveLength(1);
  });

  test.each([
    ['more rows than allowed', rowsOf('i', ROWS + 1), 'BAD_REQUEST'],
    [
      'columns of other types',
      'SELECT i::float8, i FROM generate_series(1, 5) AS i',
      'INTERNAL_SERVER_ERROR',
    ],
    ['a NULL', rowsOf('CASE WHEN i = 2000 THEN NULL ELSE i END'), 'INTERNAL_SERVER_ERROR'],
  ])('refuses %s and gives the connection up', async (_, sql, code) => {
    await mark(code);
    await expect(copyOut(engine, sql, SHAPE)).rejects.toMatchObject({ code });
    expect(await markOf()).not.toBe(code);
    expect(await copyOut(engine, rowsOf('i', 3), SHAPE)).toHaveLength(1);
  });

  test('keeps the connection of a request that was cancelled while it waited for one', async () => {
    await mark('waited');
    const gone = new AbortController();
    const before = engine.pool.query('SELECT 1');
    const waiting = copyOut(engine, rowsOf('i'), SHAPE, gone.signal);
    gone.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    await before;
    expect(await markOf()).toBe('waited');
  });
});
