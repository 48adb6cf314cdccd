import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type App, type AppLimits, createApp } from '../../src/app.ts';
import { createMetricsClient, type MetricsClient } from '../../src/client.ts';
import { parseConfig } from '../../src/config.ts';
import { copyTemplate, type TemplateCopy } from '../support/database.ts';
import { follow, range, until } from '../support/live.ts';
import { hasRedis, startRedis } from '../support/redis.ts';

let database: TemplateCopy;
const running: App[] = [];

beforeAll(async () => {
  database = await copyTemplate();
});
afterEach(async () => {
  for (const app of running.splice(0)) await app.stop();
});
afterAll(() => database?.remove());

/** One of several nodes over the same database. */
async function startNode(limits: AppLimits = {}, redisUrl?: string): Promise<MetricsClient> {
  const config = parseConfig({
    PORT: '0',
    AGENT: 'off',
    LOG_LEVEL: 'fatal',
    DATABASE_URL: database.url,
    DATABASE_POOL_SIZE: '4',
    REDIS_URL: redisUrl,
  });
  const app = createApp(config, limits);
  running.push(app);
  const { url } = await app.start();
  return createMetricsClient({ url });
}

function ingest(node: MetricsClient, metric_name: string, values: readonly number[]): Promise<unknown> {
  const baseMs = Date.now() - 60_000;
  return node.ingest.mutate({
    samples: values.map((value) => ({ metric_name, host: 'a', value, time: baseMs + value })),
  });
}

describe('two nodes over one database', () => {
  test('show each other’s samples and those of SQL clients once, without a bus', async () => {
    const [here, there] = [await startNode(), await startNode()];
    const stream = await follow(here, { metric_name: 'tail' });
    for (const round of range(0, 20)) {
      await ingest(round % 2 ? here : there, 'tail', range(round * 50, round * 50 + 50));
    }
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      `INSERT INTO metrics (time, host, metric_name, value) VALUES (now(), 'sql', 'tail', 1000)`,
    );
    await client.query(`INSERT INTO metrics (time, host, metric_name, value)
      VALUES (now() - interval '1 day', 'sql', 'tail', 1001)`);
    await client.end();
    await until(() => stream.values().includes(1001));
    stream.stop();
    expect(stream.values().toSorted((a, b) => a - b)).toEqual(range(0, 1002));
  });

  test('ask the log once an interval however many subscribe, and not at all once they have gone', async () => {
    const node = await startNode({ feed: { tailIntervalMs: 200, lingerMs: 0 } });
    const streams = await Promise.all(range(0, 30).map(() => follow(node, { metric_name: 'queries' })));
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const reads = async (): Promise<number> => {
      const { rows } = await client.query<{ scans: string }>(
        `SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) AS scans FROM pg_stat_user_tables WHERE relname = 'commit_log'`,
      );
      return Number(rows[0]!.scans);
    };
    const before = await reads();
    // Statistics arrive up to a second late.
    await until(async () => (await reads()) > before);
    for (const stream of streams) stream.stop();
    await until(async () => (await node.status.query()).live.subscriptions === 0);
    await pause(2_500);
    const asleep = await reads();
    await pause(2_500);
    expect(await reads()).toBe(asleep);
    await client.end();
  });
});

describe.skipIf(!hasRedis())('two nodes over one database and one Redis', () => {
  /** A tail so slow that only the bus can have brought what comes. */
  const BUS_ALONE: AppLimits = { feed: { tailIntervalMs: 3_600_000 } };

  test('show each other’s samples once, in order, by the bus alone', async () => {
    const redis = await startRedis();
    const [here, there] = [await startNode(BUS_ALONE, redis.url), await startNode(BUS_ALONE, redis.url)];
    const stream = await follow(here, { metric_name: 'bus' });
    // The other node may not know yet that somebody listens.
    let probes = 0;
    await until(async () => {
      await ingest(there, 'probe_of_bus', [probes++]);
      await ingest(there, 'bus', [-probes]);
      return stream.events.length > 0;
    });
    const before = stream.events.length;
    for (const round of range(0, 20)) {
      await ingest(round % 2 ? here : there, 'bus', range(round * 50, round * 50 + 50));
    }
    await until(() => stream.events.length >= before + 1000);
    stream.stop();
    expect(
      stream
        .values()
        .filter((value) => value >= 0)
        .toSorted((a, b) => a - b),
    ).toEqual(range(0, 1000));
    await redis.stop();
  });

  test('lose nothing and double nothing when Redis fails and comes back', async () => {
    const redis = await startRedis();
    const [here, there] = [await startNode({}, redis.url), await startNode({}, redis.url)];
    const stream = await follow(here, { metric_name: 'failing_bus' });
    await ingest(there, 'failing_bus', range(0, 100));
    await redis.stop();
    await ingest(there, 'failing_bus', range(100, 200));
    const again = await startRedis(Number(new URL(redis.url).port));
    for (const round of range(2, 20))
      await ingest(there, 'failing_bus', range(round * 100, round * 100 + 100));
    await until(() => stream.events.length >= 2000);
    stream.stop();
    expect(stream.values().toSorted((a, b) => a - b)).toEqual(range(0, 2000));
    await again.stop();
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
