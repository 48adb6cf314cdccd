import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Downsampling } from '../../../src/downsampling/downsampling.ts';
import { applyLifecycle } from '../../../src/store/lifecycle.ts';
import { refreshLate } from '../../../src/store/refresh.ts';
import { type CachedQueries, queriesOf, startDownsampling } from '../../support/cached-queries.ts';
import { openTestEngine, type TestEngine } from '../../support/engine.ts';
import { DAY, HOUR, loadHistory, MINUTE, SETTINGS, settle, stopScheduler } from '../../support/lifecycle.ts';

const METRIC = 'kept';
const base = Math.floor(Date.now() / MINUTE) * MINUTE;
/** Samples as stored of one series, so that whatever is written shows. */
const RAW = {
  metric_name: METRIC,
  start: base - 20 * HOUR,
  end: base - 10 * MINUTE,
  points: 10_000,
  aggregate: 'avg',
  resolution: 'raw',
} as const;
/** An hour ago, or so: as good as any time that is settled. */
const LATE_MS = base - HOUR + 1;

let engine: TestEngine;
let downsampling: Downsampling;
let node: CachedQueries;

beforeAll(async () => {
  engine = await openTestEngine();
  await stopScheduler(engine);
  await applyLifecycle(engine, SETTINGS);
  downsampling = startDownsampling();
  await engine.pool.query(`INSERT INTO series (metric_name, host) VALUES ($1, 'h')`, [METRIC]);
});
afterAll(async () => {
  await downsampling?.close();
  await engine?.close();
});
beforeEach(async () => {
  await engine.pool.query('TRUNCATE samples');
  await engine.pool.query(
    `INSERT INTO samples SELECT t, id, 1 FROM series, generate_series($1::timestamptz, $2, INTERVAL '10 min') AS t`,
    [new Date(RAW.start), new Date(base)],
  );
  await settle(engine);
  node = queriesOf(engine, downsampling);
});

const insert = (atMs: number, database: Pick<TestEngine['pool'], 'query'> = engine.pool) =>
  database.query('INSERT INTO samples SELECT $1, id, 2 FROM series', [new Date(atMs)]);
const twos = async ({ queries }: CachedQueries, question: object = {}) =>
  (await queries.series({ ...RAW, ...question })).data.values.filter((value) => value === 2).length;

describe('the cache of answers', () => {
  test('answers a second time from memory, with the columns that it gave before', async () => {
    const [first, second] = [await node.queries.series(RAW), await node.queries.series(RAW)];
    expect(node.cache.counters).toMatchObject({ missed: 1, memory: 1 });
    expect(second).toEqual(first);
    expect(second.data.values.buffer).toBe(first.data.values.buffer);
  });

  test('reads once for several that ask at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => node.queries.series(RAW)));
    const { missed, shared, memory } = node.cache.counters;
    expect([missed, shared + memory]).toEqual([1, 5]);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  test('passes by what is cheap, or too new to have settled', async () => {
    await node.queries.series({ ...RAW, start: base - 2 * HOUR });
    await node.queries.series({ ...RAW, end: base - MINUTE });
    const { bytes, ...lookups } = node.cache.counters;
    expect([bytes, Object.values(lookups)]).toEqual([0, [0, 0, 0, 0, 0]]);
  });

  test('keeps no more bytes than it may, and goes by which was asked for last', async () => {
    await node.queries.series(RAW);
    const ofOne = node.cache.counters.bytes;
    node = queriesOf(engine, downsampling, { maxBytes: 3 * ofOne });
    for (let points = 10_000; points > 9_990; points--) await node.queries.series({ ...RAW, points });
    expect(node.cache.counters.bytes).toBeLessThanOrEqual(3 * ofOne);
    expect(node.cache.counters.bytes).toBeGreaterThan(ofOne);
    await node.queries.series({ ...RAW, points: 9_991 });
    await node.queries.series({ ...RAW, points: 10_000 });
    expect(node.cache.counters).toMatchObject({ memory: 1, missed: 11 });
  });

  test('keeps nothing that retention may take while it is kept', async () => {
    const start = base - 30 * DAY - MINUTE;
    await node.queries.series({ ...RAW, start });
    await node.queries.series({ ...RAW, start: start + HOUR });
    expect(node.cache.counters).toMatchObject({ unsettled: 1, missed: 1 });
  });

  test('does not take the past for settled while a transaction may still change it without a note', async (context) => {
    if (engine.abilities.connections === 1) return context.skip('one connection, one transaction');
    await engine.pool.query(`UPDATE settled_past SET guarded_until = '-infinity', raw = '-infinity'`);
    const writer = await engine.pool.connect();
    await writer.query('BEGIN');
    await insert(LATE_MS, writer);
    await refreshLate(engine);
    expect(await twos(node)).toBe(0);
    expect(node.cache.counters).toMatchObject({ unsettled: 1, missed: 0 });
    await writer.query('COMMIT');
    writer.release();
    await settle(engine);
    expect([await twos(node), await twos(node)]).toEqual([1, 1]);
    expect(node.cache.counters).toMatchObject({ missed: 1, memory: 1 });
  });

  test('sees a late sample of a transaction that began with a snapshot of long ago', async (context) => {
    if (engine.abilities.connections === 1) return context.skip('one connection, one transaction');
    await engine.pool.query(`UPDATE settled_past SET guarded_until = '-infinity', raw = '-infinity'`);
    const writer = await engine.pool.connect();
    await writer.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await writer.query('SELECT count(*) FROM series');
    await settle(engine);
    expect(await twos(node)).toBe(0);
    await insert(LATE_MS, writer);
    await writer.query('COMMIT');
    writer.release();
    expect(await twos(node)).toBe(1);
    await refreshLate(engine);
    expect(await twos(node)).toBe(1);
    expect(node.cache.counters).toMatchObject({ missed: 2, memory: 0, unsettled: 1 });
  });

  test('keeps nothing of a history while it is being loaded, and forgets what was before', async () => {
    const [fromMs, toMs] = [base - 60 * DAY, base - 59 * DAY];
    const hours = { resolution: '1hour', start: base - 300 * DAY, end: base - 30 * DAY } as const;
    expect(await twos(node, hours)).toBe(0);
    await loadHistory(engine, { fromMs, toMs }, async () => {
      await insert(fromMs + HOUR);
      await refreshLate(engine);
      await twos(node, hours);
    });
    await refreshLate(engine);
    expect([await twos(node, hours), await twos(node, hours)]).toEqual([1, 1]);
    expect(node.cache.counters).toMatchObject({ missed: 2, memory: 1, unsettled: 1 });
  });
});

test('changes of long ago are deleted, and what was kept before is worth nothing then', async () => {
  const forget = async () => {
    await engine.pool.query(`UPDATE past_changes SET noted_at = now() - INTERVAL '3 hours'`);
    await settle(engine);
    const { rows } = await engine.pool.query('SELECT count(*) AS n FROM past_changes');
    expect(rows).toEqual([{ n: 0 }]);
  };
  await forget();
  expect([await twos(node), await twos(node)]).toEqual([0, 0]);
  await insert(LATE_MS);
  await forget();
  expect(await twos(node)).toBe(1);
  expect(node.cache.counters).toMatchObject({ missed: 2, memory: 1 });
});

test('the past settles in a database that was restored where fewer transactions have been', async () => {
  await engine.pool.query(`UPDATE settled_past SET guarded_from = '1000000000000', raw = '-infinity'`);
  await settle(engine);
  expect([await twos(node), await twos(node)]).toEqual([0, 0]);
  expect(node.cache.counters).toMatchObject({ missed: 1, memory: 1 });
});

describe('a clock that is set back', () => {
  const recent = { end: base - MINUTE };
  let ahead: CachedQueries;
  beforeEach(async () => {
    ahead = queriesOf(engine, downsampling, { nowMs: () => Date.now() + HOUR });
    // As rounds of an hour ahead have left it, up to this moment.
    await engine.pool.query(
      `UPDATE settled_past SET guarded_until = now() + INTERVAL '55 min', raw = now() + INTERVAL '55 min'`,
    );
    expect([await twos(ahead, recent), await twos(ahead, recent)]).toEqual([0, 0]);
    expect(ahead.cache.counters).toMatchObject({ missed: 1, memory: 1 });
  });

  test('has everything new noted as late until the next round', async () => {
    await insert(base - 2 * MINUTE);
    expect(await twos(ahead, recent)).toBe(1);
    expect(ahead.cache.counters).toMatchObject({ missed: 1, memory: 1, unsettled: 1 });
  });

  test('voids what was kept of the time beyond its now, and settles that anew', async () => {
    await settle(engine);
    await insert(base - 2 * MINUTE);
    expect(await twos(ahead, recent)).toBe(1);
    expect(ahead.cache.counters).toMatchObject({ missed: 1, memory: 1, unsettled: 1 });
    // As a round in five minutes will have it.
    await engine.pool.query('UPDATE settled_past SET guarded_until = now(), raw = now()');
    await engine.pool.query('UPDATE past_changes SET refreshed = true');
    expect([await twos(ahead, recent), await twos(ahead, recent)]).toEqual([1, 1]);
    expect(ahead.cache.counters).toMatchObject({ missed: 2, memory: 2 });
  });

  test('of a node alone changes nothing', async () => {
    const behind = queriesOf(engine, downsampling, { nowMs: () => Date.now() - 5 * HOUR });
    await twos(node);
    await insert(LATE_MS);
    expect([await twos(node), await twos(behind)]).toEqual([1, 1]);
  });
});
