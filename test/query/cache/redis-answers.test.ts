import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Downsampling } from '../../../src/downsampling/downsampling.ts';
import { openRedisAnswers, type RedisAnswers } from '../../../src/query/cache/redis-answers.ts';
import { applyLifecycle } from '../../../src/store/lifecycle.ts';
import { queriesOf, startDownsampling } from '../../support/cached-queries.ts';
import { openTestEngine, type TestEngine } from '../../support/engine.ts';
import { HOUR, MINUTE, SETTINGS, settle, stopScheduler } from '../../support/lifecycle.ts';
import { hasRedis, startRedis, type TestRedis } from '../../support/redis.ts';

const base = Math.floor(Date.now() / MINUTE) * MINUTE;
const QUESTION = {
  metric_name: 'shared',
  start: base - 20 * HOUR,
  end: base - 10 * MINUTE,
  points: 10_000,
  aggregate: 'avg',
  resolution: 'raw',
} as const;

describe.skipIf(!hasRedis())('answers in Redis', () => {
  let engine: TestEngine;
  let downsampling: Downsampling;
  let redis: TestRedis;
  const opened: RedisAnswers[] = [];
  const errors: unknown[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    engine = await openTestEngine();
    await stopScheduler(engine);
    await applyLifecycle(engine, SETTINGS);
    downsampling = startDownsampling();
    await engine.pool.query(`INSERT INTO series (metric_name, host) VALUES ('shared', 'h')`);
    await engine.pool.query(
      `INSERT INTO samples SELECT t, id, 1 FROM series, generate_series($1::timestamptz, $2, INTERVAL '1 min') AS t`,
      [new Date(QUESTION.start), new Date(base)],
    );
    await settle(engine);
  });
  afterAll(async () => {
    for (const answers of opened) await answers.close();
    await redis?.stop();
    await downsampling?.close();
    await engine?.close();
  });

  /** A node that has reached Redis. */
  async function startNode(database = 'one') {
    const answers = openRedisAnswers({
      url: redis.url,
      database,
      keptMs: 60_000,
      onError: (error) => errors.push(error),
    });
    opened.push(answers);
    await expect
      .poll(async () => {
        answers.set('probe', Buffer.from('there'));
        return (await answers.get('probe'))?.toString();
      })
      .toBe('there');
    return queriesOf(engine, downsampling, { redis: answers });
  }

  test('serve another node over the same database, until a late sample comes in, and no other database', async () => {
    const [here, there, elsewhere] = [await startNode(), await startNode(), await startNode('two')];
    const first = await here.queries.series(QUESTION);
    expect(await there.queries.series(QUESTION)).toEqual(first);
    expect([here.cache.counters.missed, there.cache.counters]).toMatchObject([1, { redis: 1, missed: 0 }]);
    await there.queries.series(QUESTION);
    expect(there.cache.counters).toMatchObject({ redis: 1, memory: 1 });
    expect(await elsewhere.queries.series(QUESTION)).toEqual(first);
    expect(elsewhere.cache.counters).toMatchObject({ redis: 0, missed: 1 });

    await engine.pool.query('INSERT INTO samples SELECT $1, id, 9 FROM series', [new Date(base - HOUR + 1)]);
    await settle(engine);
    for (const node of [here, there]) {
      expect((await node.queries.series(QUESTION)).data.values).toContain(9);
    }
    expect([here.cache.counters.missed, there.cache.counters.redis]).toEqual([2, 2]);
  });

  test('that are no answers count as none', async () => {
    const node = await startNode('broken');
    const kept = await node.queries.series(QUESTION);
    const client = await createClient({ url: redis.url }).connect();
    const keys = await client.keys('hyperdash:answer:*:broken:*');
    for (const key of keys) await client.set(key, 'broken');
    client.destroy();
    const other = await startNode('broken');
    expect(await other.queries.series(QUESTION)).toEqual(kept);
    expect(other.cache.counters).toMatchObject({ redis: 0, missed: 1 });
  });

  test('are missed and not waited for while Redis is gone, and found again once it is back', async () => {
    const port = Number(new URL(redis.url).port);
    const [here, there] = [await startNode('three'), await startNode('three')];
    await redis.stop();
    const first = await here.queries.series(QUESTION);
    expect(await there.queries.series(QUESTION)).toEqual(first);
    expect([here.cache.counters.missed, there.cache.counters.missed]).toEqual([1, 1]);
    redis = await startRedis(port);
    const [again, other] = [await startNode('three'), await startNode('three')];
    await again.queries.series(QUESTION);
    await other.queries.series(QUESTION);
    expect(other.cache.counters).toMatchObject({ redis: 1, missed: 0 });
    expect(errors.length).toBeGreaterThan(0);
  });
});
