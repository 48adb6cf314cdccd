import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMetricsClient, type MetricsClient } from '../../src/client.ts';
import { missing, startLedger } from '../support/ledger.ts';
import { follow, until } from '../support/live.ts';
import { findLocalTimescale, type LocalServer, startLocalServer } from '../support/local-server.ts';
import { type Program, startProgram } from '../support/program.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const POSTS = 50;
const SOON = { timeout: 30_000, interval: 50 };

let primary: LocalServer;
let standby: LocalServer;
let redis: TestRedis;
let nodes: Program[];
/** The node that the balancer sends new connections to. */
let current: Program;
let balancer: TcpProxy;

const startNode = () =>
  startProgram({
    PORT: '0',
    AGENT: 'off',
    LOG_LEVEL: 'info',
    DATABASE_URL: primary.url,
    DATABASE_READ_URL: standby.url,
    REPLICA_MAX_LAG: '2s',
    REDIS_URL: redis.url,
  });

beforeAll(async () => {
  const installation = findLocalTimescale();
  if (!installation) throw new Error('no PostgreSQL with TimescaleDB here');
  primary = await startLocalServer(installation, { settings: ['synchronous_commit=local'] });
  standby = await primary.standby();
  redis = await startRedis();
  nodes = [await startNode(), await startNode()];
  current = nodes[0]!;
  balancer = await startTcpProxy(() => current.url);
});
afterAll(async () => {
  balancer?.close();
  for (const node of nodes ?? []) {
    node.signal('SIGTERM');
    await node.ended;
  }
  await redis?.stop();
  await standby?.stop();
  await primary?.stop();
});

const post = (client: MetricsClient, metric_name: string, value: number) =>
  client.ingest.mutate({ samples: [{ host: 'h', metric_name, value }] });
const chart = (node: Program, metric_name: string) =>
  node.client.series.query({ metric_name, start: '1h', resolution: 'raw' });
const figure = async (node: Program, name: string) => {
  const text = await (await fetch(new URL('/metrics', node.url))).text();
  return Number(new RegExp(`^${name.replaceAll(/[{}]/g, '\\$&')} (.+)$`, 'm').exec(text)?.[1]);
};

/** Statements of Hyperdash that a server has planned for charts. */
async function chartsReadFrom(server: LocalServer): Promise<number> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const { rows } = await client.query(
    `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'hyperdash' AND query LIKE 'COPY (%'`,
  );
  await client.end();
  return rows[0].n;
}

describe('two nodes over one database, a replica and Redis', () => {
  test('show a sample that comes in at one live on the other within 200 ms, and read it from both', async () => {
    const [here, there] = nodes as [Program, Program];
    const stream = await follow(there.client, { metric_name: 'quick' });
    await until(async () => {
      await post(here.client, 'quick', -1);
      return stream.values().length > 0;
    });
    const delaysMs: number[] = [];
    for (let value = 0; value < POSTS; value++) {
      const sentMs = performance.now();
      await Promise.all([post(here.client, 'quick', value), until(() => stream.values().includes(value))]);
      delaysMs.push(performance.now() - sentMs);
    }
    stream.stop();
    delaysMs.sort((a, b) => a - b);
    const [p50, max] = [delaysMs[POSTS / 2]!, delaysMs.at(-1)!];
    console.log(`live on the other node: p50 ${p50.toFixed(0)} ms, longest ${max.toFixed(0)} ms of ${POSTS}`);
    expect(p50).toBeLessThan(200);
    for (const node of [here, there]) {
      await expect
        .poll(async () => (await chart(node, 'quick')).data.values.includes(POSTS - 1), SOON)
        .toBe(true);
    }
  });

  test('read charts from the replica while it keeps up, and from the primary where it does not', async () => {
    const [node] = nodes as [Program];
    await expect
      .poll(() => chart(node, 'quick').then(() => chartsReadFrom(standby)), SOON)
      .toBeGreaterThan(0);
    const admin = new pg.Client({ connectionString: standby.url });
    await admin.connect();
    await admin.query('SELECT pg_wal_replay_pause()');
    await post(node.client, 'quick', 1_000);
    // The bound of staleness: whatever the replica does, it is read from the primary by then.
    await expect.poll(async () => (await chart(node, 'quick')).data.values.includes(1_000), SOON).toBe(true);
    expect(await figure(node, 'hyperdash_replica_lag_seconds')).toBeGreaterThan(0);
    await admin.query('SELECT pg_wal_replay_resume()');
    await admin.end();
    await expect.poll(() => figure(node, 'hyperdash_replica_lag_seconds'), SOON).toBeLessThan(2);
  });

  test('keep charts of the past, by replica and Redis, until a late sample comes in, and then with it', async () => {
    const both = nodes as [Program, Program];
    const [endMs, lateMs] = [Date.now() - 600_000, Date.now() - 3_600_000];
    const question = {
      start: endMs - 72_000_000,
      end: endMs,
      resolution: 'raw',
      metric_name: 'kept',
    } as const;
    const values = async ({ client }: Program) => [...(await client.series.query(question)).data.values];
    const found = async (node: Program) => {
      const outcomes = ['memory', 'redis'].map((outcome) =>
        figure(node, `hyperdash_cache_lookups_total{outcome="${outcome}"}`),
      );
      return (await Promise.all(outcomes)).reduce((sum, count) => sum + count);
    };
    /** Asks until it is answered from what was kept; a round of maintenance settles the past once a minute. */
    const askUntilKept = async (node: Program) => {
      const before = await found(node);
      let last: number[] = [];
      await expect
        .poll(
          async () => {
            last = await values(node);
            return found(node);
          },
          { timeout: 100_000, interval: 500 },
        )
        .toBeGreaterThan(before);
      return last;
    };
    await post(both[0].client, 'kept', 0);
    for (const node of both) {
      await expect.poll(() => values(node).catch(() => undefined), SOON).toEqual([]);
      expect(await askUntilKept(node)).toEqual([]);
    }
    await both[1].client.ingest.mutate({
      samples: [{ host: 'h', metric_name: 'kept', value: 1, time: lateMs }],
    });
    for (const node of both) await expect.poll(() => values(node), SOON).toEqual([1]);
    for (const node of both) expect(await askUntilKept(node)).toEqual([1]);
  }, 240_000);

  test('answer while the replica is away', async () => {
    const [node] = nodes as [Program];
    await standby.halt();
    for (let round = 0; round < 20; round++) {
      expect((await chart(node, 'quick')).points_returned).toBeGreaterThan(0);
      await sleep(20);
    }
    await standby.resume();
    await expect.poll(() => figure(node, 'hyperdash_replica_lag_seconds'), SOON).toBeLessThan(2);
  });

  test('go on as one when one is killed: clients resume on the other and miss nothing', async () => {
    const watcher = createMetricsClient({ url: balancer.url });
    const stream = await follow(watcher, { metric_name: 'ledger_v' });
    const ledger = startLedger(() => balancer.url, 'ledger');
    await ledger.more(200);
    const [killed, left] = nodes as [Program, Program];
    current = left;
    killed.signal('SIGKILL');
    await killed.ended;
    await ledger.more(200);
    await ledger.stop();
    await expect
      .poll(() => {
        const seen = new Set(stream.values());
        return [...ledger.acknowledged].filter((n) => !seen.has(n));
      }, SOON)
      .toEqual([]);
    expect(stream.connects()).toBeGreaterThan(0);
    const values = stream.values();
    const twice = values.length - new Set(values).size;
    console.log(`${values.length} live events over the kill of a node, ${twice} of them a second time`);
    stream.stop();
    expect(await missing(primary.url, ledger, 'ledger')).toEqual([]);
    nodes = [left, await startNode()];
  });
});
