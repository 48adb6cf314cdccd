import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Downsampling } from '../../src/downsampling/downsampling.ts';
import { applyLifecycle } from '../../src/store/lifecycle.ts';
import { queriesOf, startDownsampling } from '../support/cached-queries.ts';
import { openTestEngine, type TestEngine } from '../support/engine.ts';
import { DAY, MINUTE, SETTINGS, settle, stopScheduler } from '../support/lifecycle.ts';

const NOW = Math.floor(Date.now() / MINUTE) * MINUTE;
const SILENT = { metric_name: 'silent' };

let engine: TestEngine;
let downsampling: Downsampling;

beforeAll(async () => {
  engine = await openTestEngine();
  await stopScheduler(engine);
  await applyLifecycle(engine, SETTINGS);
  downsampling = startDownsampling();
  await engine.pool.query(
    `INSERT INTO series (metric_name, host)
     SELECT metric, 'h' || n FROM generate_series(1, 50) AS n, unnest('{silent,talkative}'::text[]) AS metric
      ORDER BY n, metric`,
  );
  await engine.pool.query(
    `INSERT INTO samples SELECT t, id, 1 FROM series, generate_series($1::timestamptz, $2, INTERVAL '1 day') AS t
      WHERE metric_name = 'talkative' OR t = $1`,
    [new Date(NOW - 20 * DAY), new Date(NOW)],
  );
  await settle(engine);
});
afterAll(async () => {
  await downsampling?.close();
  await engine?.close();
});

test('a search for the newest sample of many is spared the past that the one before went through', async () => {
  const remembering = queriesOf(engine, downsampling).queries;
  const forgetting = queriesOf(engine, downsampling, { maxBytes: 0 }).queries;
  const inThePast = { host: 'h1', time: new Date(NOW - 20 * DAY) };
  expect(await remembering.latest(SILENT)).toMatchObject(inThePast);
  expect(await forgetting.latest(SILENT)).toMatchObject(inThePast);

  // A change that nobody is told of shows who looks through the past again.
  const writer = await engine.pool.connect();
  await writer.query('SET session_replication_role = replica');
  await writer.query(
    `INSERT INTO samples SELECT $1, id, 2 FROM series WHERE metric_name = 'silent' AND host = 'h2'`,
    [new Date(NOW - 10 * DAY)],
  );
  await writer.query('RESET session_replication_role');
  writer.release();
  const unnoticed = { host: 'h2', time: new Date(NOW - 10 * DAY) };
  expect(await remembering.latest(SILENT)).toMatchObject(inThePast);
  expect(await forgetting.latest(SILENT)).toMatchObject(unnoticed);

  await engine.pool.query(`INSERT INTO past_changes (times) VALUES ('(,)')`);
  expect(await remembering.latest(SILENT)).toMatchObject(unnoticed);
});
