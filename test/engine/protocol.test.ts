import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from, to } from 'pg-copy-streams';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestEngine, type TestEngine } from '../support/engine.ts';

/** COPY's binary frame: 19 bytes before the rows and 2 after; a row of n columns has 2 + 4 n bytes of lengths. */
const COPY_FRAME_BYTES = 21;

describe('a connection of the pool', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await openTestEngine();
    await engine.pool.query('CREATE TABLE numbers (n int)');
  });
  beforeEach(() => engine.pool.query('TRUNCATE numbers'));
  afterAll(() => engine.close());

  const countNumbers = async () => (await engine.pool.query('SELECT count(*) AS n FROM numbers')).rows[0].n;

  async function copyOutBytes(client: pg.PoolClient, query: string): Promise<number> {
    let bytes = 0;
    for await (const chunk of client.query(to(`COPY (${query}) TO STDOUT (FORMAT binary)`)))
      bytes += chunk.length;
    return bytes;
  }

  it('copies a million rows out, to the byte', async () => {
    const client = await engine.pool.connect();
    const rows = 'SELECT now() AS time, 1::float8 AS value FROM generate_series(1, 1000000)';
    expect(await copyOutBytes(client, rows)).toBe(1_000_000 * (2 + 4 + 8 + 4 + 8) + COPY_FRAME_BYTES);
    client.release();
  });

  it('stays usable after an error in the middle of a copy', async () => {
    const client = await engine.pool.connect();
    const rows = 'SELECT 1 / (200000 - n) FROM generate_series(1, 1000000) n';
    await expect(copyOutBytes(client, rows)).rejects.toThrow('division by zero');
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    client.release();
  });

  it('is replaced when a copy out is abandoned', async () => {
    const client = await engine.pool.connect();
    const copy = client.query(to('COPY (SELECT generate_series(1, 3000000)) TO STDOUT'));
    copy.on('error', () => {});
    await new Promise((resolve) => copy.once('data', resolve));
    copy.destroy();
    client.release(new Error('abandoned'));
    expect((await engine.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('copies rows in', async () => {
    const client = await engine.pool.connect();
    const lines = '7\n'.repeat(1_000);
    await pipeline(
      Readable.from(Array.from({ length: 200 }, () => lines)),
      client.query(from('COPY numbers FROM STDIN')),
    );
    client.release();
    expect(await countNumbers()).toBe(200_000);
  });

  it('keeps nothing of a copy in with a bad row, and stays usable', async () => {
    const client = await engine.pool.connect();
    const copy = client.query(from('COPY numbers FROM STDIN'));
    const lines = Readable.from(['1\nnone\n', '2\n'.repeat(100_000)]);
    await expect(pipeline(lines, copy)).rejects.toThrow('invalid input syntax');
    expect((await client.query('SELECT count(*) AS n FROM numbers')).rows).toEqual([{ n: 0 }]);
    client.release();
  });

  it('keeps nothing of a copy in whose client went away', async () => {
    const client = await engine.pool.connect();
    const copy = client.query(from('COPY numbers FROM STDIN'));
    copy.on('error', () => {});
    await new Promise((resolve) => copy.write('1\n', resolve));
    client.release(new Error('abandoned'));
    expect(await countNumbers()).toBe(0);
  });

  it('leaves no transaction, setting, statement or temporary table to the next after it broke', async () => {
    const client = await engine.pool.connect();
    await client.query({ name: 'same', text: 'SELECT 1 AS one' });
    await client.query('START TRANSACTION');
    await client.query('INSERT INTO numbers VALUES (1)');
    await client.query(`SET work_mem = '77MB'`);
    await client.query('CREATE TEMP TABLE scratch (n int)');
    client.release(new Error('broken'));
    expect((await engine.pool.query({ name: 'same', text: 'SELECT 2 AS two' })).rows).toEqual([{ two: 2 }]);
    const { rows } = await engine.pool.query(
      `SELECT current_setting('work_mem') = '77MB' AS changed, to_regclass('scratch') AS scratch`,
    );
    expect(rows).toEqual([{ changed: false, scratch: null }]);
    expect(await countNumbers()).toBe(0);
  });

  it('is replaced after the database has ended it', async () => {
    const client = await engine.pool.connect();
    client.on('error', () => {});
    const malformed = Buffer.from([0x01, 0, 0, 0, 4]);
    (client as unknown as { connection: { stream: NodeJS.WritableStream } }).connection.stream.write(
      malformed,
    );
    await expect(client.query('SELECT 1')).rejects.toThrow();
    client.release(new Error('broken'));
    await expect.poll(countNumbers, { timeout: 20_000 }).toBe(0);
  });

  it('carries a parameter of 10 MB there and back', async () => {
    const text = 'é1'.repeat(3_333_333);
    const { rows } = await engine.pool.query('SELECT $1::text AS text', [text]);
    expect(rows[0].text === text).toBe(true);
  });

  it('keeps pipelined large messages whole and in order', async () => {
    const client = new pg.Client({ ...engine.pool.options, pipeline: true } as pg.ClientConfig);
    await client.connect();
    const texts = Array.from({ length: 24 }, (_, index) => `${index % 10}`.repeat(700_000 + index));
    const answers = await Promise.all(texts.map((text) => client.query('SELECT $1::text AS text', [text])));
    expect(answers.map(({ rows }, index) => rows[0].text === texts[index])).toEqual(texts.map(() => true));
    await client.end();
  });
});
