/**
 * Measures live streams end to end: `npm run bench:live`, on the embedded engine, or on the server that DATABASE_URL
 * names. Server, database, clients and load share the machine. Every sample goes to one of 1 000 subscribers; a value
 * is the time at which it was sent, and the id of an event says when its commit became known to the server.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServingProcess, serve } from '../test/support/serving-process.ts';
import type { ClientsOrder, Collected } from './support/live-clients.ts';
import { figure, quantile } from './support/report.ts';

const METRICS = Array.from({ length: 10 }, (_, i) => `bench_live_${i}`);
const SAMPLES_PER_SECOND = 10_000;
const REQUESTS_PER_SECOND = 20;
const WARM_UP_SECONDS = 5;
const SECONDS = 20;
const SUBSCRIBERS = 1_000;
const IDLE = 5_000;
/** Longer than two heartbeats, in which a connection that were not looked after would be ended. */
const IDLE_SECONDS = 35;
const MB = 1024 * 1024;

const dataDir = await mkdtemp(join(tmpdir(), 'hyperdash-bench-'));
try {
  await withServer((server) => measure('raw WebSocket, one metric of one host each', server, 'raw', 100));
  await withServer((server) => measure('tRPC, ten metrics of one host each', server, 'trpc', 1_000));
  await withServer(holdIdle);
} finally {
  await rm(dataDir, { recursive: true, force: true });
}

async function withServer(use: (server: ServingProcess) => Promise<void>): Promise<void> {
  const server = await serve({ DATA_DIR: join(dataDir, 'data'), ...process.env });
  try {
    await use(server);
  } finally {
    await server.stop();
  }
}

async function measure(
  title: string,
  server: ServingProcess,
  door: ClientsOrder['door'],
  hostCount: number,
): Promise<void> {
  const hosts = Array.from({ length: hostCount }, (_, i) => `host-${i}`);
  const load = startLoad(server, hosts);
  await load.run(WARM_UP_SECONDS);
  const before = server.memory().residentBytes;
  const clients = await startClients({
    url: server.url,
    door,
    sockets: SUBSCRIBERS,
    metrics: METRICS,
    hosts,
  });
  await load.run(WARM_UP_SECONDS);
  await collect(clients);
  const growth = server.memory().residentBytes - before;
  const processor = server.processorSeconds();
  const sent = await load.run(SECONDS);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const { afterCommit, afterSending, gaps } = await collect(clients);
  console.log(`\n${title}: ${SUBSCRIBERS} subscribers`);
  figure('samples a second in', sent / SECONDS, '1/s', `target ${SAMPLES_PER_SECOND}`);
  figure('samples sent that came', (afterCommit.length / sent) * 100, '%', 'target 100');
  figure('gaps', gaps, '', 'target 0');
  figure('commit to client, p50', quantile(afterCommit, 0.5), 'ms');
  figure('commit to client, p99', quantile(afterCommit, 0.99), 'ms', 'target < 100');
  figure('sent to client, p50', quantile(afterSending, 0.5), 'ms');
  figure('sent to client, p99', quantile(afterSending, 0.99), 'ms');
  figure('server memory a subscriber', growth / SUBSCRIBERS / 1024, 'kB');
  figure('server processor', ((server.processorSeconds() - processor) / SECONDS) * 100, '%');
  clients.send('leave');
}

async function holdIdle(server: ServingProcess): Promise<void> {
  const before = server.memory().residentBytes;
  const clients = await startClients({
    url: server.url,
    door: 'idle',
    sockets: IDLE,
    metrics: METRICS,
    hosts: ['nobody'],
  });
  const processor = server.processorSeconds();
  await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000));
  const { open } = await collect(clients);
  console.log(`\n${IDLE} idle connections for ${IDLE_SECONDS} s`);
  figure('still open', open, '', `target ${IDLE}`);
  figure('server memory a connection', (server.memory().residentBytes - before) / IDLE / 1024, 'kB');
  figure('server memory', server.memory().residentBytes / MB, 'MB');
  figure('server processor', ((server.processorSeconds() - processor) / IDLE_SECONDS) * 100, '%');
  clients.send('leave');
}

/** Sends at an even pace, whether or not the server keeps up. */
function startLoad(server: ServingProcess, hosts: readonly string[]) {
  const perRequest = SAMPLES_PER_SECOND / REQUESTS_PER_SECOND;
  let next = 0;
  let lastMs = 0;

  async function send(): Promise<void> {
    const value = performance.timeOrigin + performance.now();
    // Requests that were held up go out together, and must not be duplicates.
    lastMs = Math.max(lastMs + 1, Math.floor(value));
    const time = lastMs;
    const samples = Array.from({ length: perRequest }, () => {
      const number = next++;
      const metric_name = METRICS[number % METRICS.length];
      const host = hosts[Math.floor(number / METRICS.length) % hosts.length];
      return { metric_name, host, value, time };
    });
    const answer = await fetch(`${server.url}/api/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ samples }),
    });
    const text = await answer.text();
    if (!text.startsWith(`{"accepted":${perRequest},`)) throw new Error(text.slice(0, 500));
  }

  return {
    /** @returns the number of samples sent */
    async run(seconds: number): Promise<number> {
      const startedMs = performance.now();
      const requests: Promise<void>[] = [];
      for (let i = 0; i < seconds * REQUESTS_PER_SECOND; i++) {
        const waitMs = startedMs + (i * 1000) / REQUESTS_PER_SECOND - performance.now();
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        requests.push(send());
      }
      await Promise.all(requests);
      return requests.length * perRequest;
    },
  };
}

async function startClients(order: ClientsOrder): Promise<ChildProcess> {
  const clients = fork(fileURLToPath(new URL('./support/live-clients.ts', import.meta.url)));
  clients.send(order);
  await once(clients, 'message');
  return clients;
}

async function collect(clients: ChildProcess): Promise<Collected> {
  clients.send('collect');
  const [collected] = (await once(clients, 'message')) as [Collected];
  return collected;
}
