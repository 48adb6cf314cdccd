/**
 * An hour of mixed load on two nodes over one throw-away TimescaleDB and one Redis: writers that retry, queries of every
 * kind, live clients; meanwhile one node is killed again and again, and PostgreSQL and Redis now and then.
 *
 * `npm run soak -- --minutes 60` ends with a summary, and 1 where a sample was lost, the memory of the node that
 * lives on grew, or a node said something of an unhandled rejection.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createMetricsClient } from '../src/client.ts';
import { findLocalTimescale, startLocalServer } from '../test/support/local-server.ts';
import { type Program, startProgram } from '../test/support/program.ts';
import { hasRedis, startRedis } from '../test/support/redis.ts';
import { startTcpProxy } from '../test/support/tcp-proxy.ts';
import { lostSamples, SOAK_METRIC, samplesIn, startSoakWriters } from './support/soak-writer.ts';

const WRITERS = 6;
const READERS = 4;
const LIVE_CLIENTS = 20;
const KILL_NODE_EVERY_MS = 30_000;
const CRASH_DATABASE_EVERY_KILLS = 4;
const CRASH_REDIS_EVERY_KILLS = 3;
const LOOK_EVERY_MS = 5_000;
const RAW_RANGE_MS = 300_000;
const GROWTH_ALLOWED = 0.15;
const MEBIBYTE = 1024 * 1024;

/** Bytes of the node that lives on. */
interface Memory {
  readonly resident: number;
  readonly heapUsed: number;
  readonly external: number;
}

const { values: flags } = parseArgs({ options: { minutes: { type: 'string', default: '60' } } });
const runMs = Number(flags.minutes) * 60_000;
const installation = findLocalTimescale();
if (!installation || !hasRedis()) throw new Error('needs PostgreSQL with TimescaleDB, and redis-server');

const database = await startLocalServer(installation, { settings: ['synchronous_commit=on'] });
let redis = await startRedis();
const startNode = () =>
  startProgram({
    PORT: '0',
    AGENT: 'on',
    LOG_LEVEL: 'info',
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
  });
/** The first lives on and is measured, the second is killed. */
const nodes: [Program, Program] = [await startNode(), await startNode()];
// Covers the ways out that still run code.
process.once('exit', () => {
  for (const node of nodes) node.signal('SIGKILL');
});
const said: string[] = [];
let turn = 0;
const balancer = await startTcpProxy(() => nodes[turn++ % 2]!.url);
const endAtMs = performance.now() + runMs;
const isOver = () => performance.now() >= endAtMs;

const writers = startSoakWriters(() => balancer.url, WRITERS);
const live = watchLive();
const queries = new Map<string, number>();
const memory: Memory[] = [];
const kills = { node: 0, database: 0, redis: 0 };
await Promise.all([...Array.from({ length: READERS }, read), watchMemory(), killNow()]);
await writers.stop();
await sleep(LOOK_EVERY_MS);
live.stop();

const lost = await lostSamples(database.url, writers.acknowledged);
// The first third is for caches and buffers to fill.
const third = Math.ceil(memory.length / 3);
const early = memory.slice(third, 2 * third);
const late = memory.slice(2 * third);
for (const node of nodes) node.signal('SIGTERM');
const ends = await Promise.all(nodes.map(({ ended }) => ended));
said.push(...ends.map(({ output }) => output));
const unhandled = said.join('\n').match(/unhandled|uncaught/gi)?.length ?? 0;
balancer.close();
await redis.stop();
await database.stop();

const summary = {
  minutes: Number(flags.minutes),
  samples_acknowledged: samplesIn(writers.acknowledged.size),
  samples_lost: lost,
  write_answers: Object.fromEntries(writers.statuses),
  query_answers: Object.fromEntries(queries),
  live: live.summary(),
  killed: kills,
  resident_mib: medians('resident'),
  heap_used_mib: medians('heapUsed'),
  external_mib: medians('external'),
  unhandled_rejections: unhandled,
  exit_codes: ends.map(({ code }) => code),
};
console.log(JSON.stringify(summary, undefined, 2));
const grew = summary.resident_mib.late > summary.resident_mib.early * (1 + GROWTH_ALLOWED);
process.exit(lost > 0 || unhandled > 0 || grew || summary.exit_codes.some((code) => code !== 0) ? 1 : 0);

/** Asks for something else each time, of whichever node it is. */
async function read(): Promise<void> {
  for (let n = 0; !isOver(); n++) {
    const paths = pathsAt(writers.nextMs);
    const signal = AbortSignal.timeout(n % 50 === 49 ? 5 : 30_000);
    const status = await fetch(balancer.url + paths[n % paths.length]!, { signal })
      .then(async (response) => {
        await response.arrayBuffer();
        return String(response.status);
      })
      .catch((error: Error) => error.name);
    queries.set(status, (queries.get(status) ?? 0) + 1);
    await sleep(20);
  }
}

/** Raw rows of a stretch that is as full at the end of the run as at its beginning, and what answers of any age take. */
function pathsAt(nextMs: number): string[] {
  const newest = `start=${nextMs - RAW_RANGE_MS}&end=${nextMs}&resolution=raw`;
  return [
    `/api/metrics/${SOAK_METRIC}?start=2d&aggregate=count`,
    `/api/metrics/${SOAK_METRIC}?${newest}&host=h-1&points=500`,
    `/api/metrics/${SOAK_METRIC}?start=25h&resolution=1min`,
    `/api/metrics/${SOAK_METRIC}/matrix?${newest}&points=200`,
    `/api/metrics/${SOAK_METRIC}/latest`,
    '/api/hosts',
    '/api/metrics',
    '/api/status',
    '/metrics',
  ];
}

/** Follows one host with many clients, which come back by themselves. */
function watchLive() {
  let events = 0;
  let gaps = 0;
  let failures = 0;
  const subscriptions = Array.from({ length: LIVE_CLIENTS }, (_, i) =>
    createMetricsClient({ url: balancer.url }).live.subscribe(
      { metric_name: SOAK_METRIC, host: `h-${i % 10}` },
      {
        onData({ data }) {
          if ('gap' in data) gaps++;
          else events++;
        },
        onError() {
          failures++;
        },
      },
    ),
  );
  return {
    summary: () => ({ clients: LIVE_CLIENTS, events, gaps, failures }),
    stop() {
      for (const subscription of subscriptions) subscription.unsubscribe();
    },
  };
}

async function watchMemory(): Promise<void> {
  while (!isOver()) {
    await sleep(LOOK_EVERY_MS);
    const text = await fetch(`${nodes[0].url}/metrics`)
      .then((response) => response.text())
      .catch(() => '');
    const figure = (name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1]);
    const resident = figure('process_resident_memory_bytes');
    const heapUsed = figure('nodejs_heap_size_used_bytes');
    if (resident > 0) memory.push({ resident, heapUsed, external: figure('nodejs_external_memory_bytes') });
  }
}

/** Of the second and the last third of the run. */
function medians(of: keyof Memory): { early: number; late: number } {
  const median = (values: readonly Memory[]) =>
    Math.round(
      (values.map((each) => each[of]).toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0) /
        MEBIBYTE,
    );
  return { early: median(early), late: median(late) };
}

async function killNow(): Promise<void> {
  for (;;) {
    await sleep(Math.min(KILL_NODE_EVERY_MS, Math.max(0, endAtMs - performance.now())));
    if (isOver()) return;
    const [, killed] = nodes;
    killed.signal('SIGKILL');
    said.push((await killed.ended).output);
    kills.node++;
    if (kills.node % CRASH_DATABASE_EVERY_KILLS === 0) {
      await database.crash();
      await database.resume();
      kills.database++;
    }
    if (kills.node % CRASH_REDIS_EVERY_KILLS === 0) {
      await redis.stop();
      redis = await startRedis(Number(new URL(redis.url).port));
      kills.redis++;
    }
    nodes[1] = await startNode();
  }
}
