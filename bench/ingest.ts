/**
 * Measures ingest on a server, end to end over HTTP, every request acknowledged after its commit:
 * `DATABASE_URL=postgres://… npm run bench:ingest`. Server, database and load share the machine. The bodies are
 * prepared before the clock starts. It leaves its samples in the database, under hosts of their own.
 *
 * `-- --only remote_write --shape 8x10000 --samples 2000000` picks a protocol, a shape and how much is written.
 * `-- --soak 600` writes 30 000 samples/s by remote_write for so many seconds instead, and prints the server's memory.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createLogger, openStore } from '../src/app.ts';
import { parseConfig } from '../src/config.ts';
import type { SampleColumns } from '../src/domain/sample-columns.ts';
import type { Engine } from '../src/engine/engine.ts';
import { resolveSeries } from '../src/store/resolve-series.ts';
import { writeSamples } from '../src/store/write-samples.ts';
import { type ServingProcess, serve } from '../test/support/serving-process.ts';
import { amountOf, LOAD_PROTOCOLS, type LoadProtocol, seriesOf, timeOf } from './support/ingest-bodies.ts';
import { LoadConnection } from './support/load-connection.ts';
import { figure, quantile } from './support/report.ts';

const { values: flags } = parseArgs({
  options: {
    soak: { type: 'string' },
    only: { type: 'string' },
    shape: { type: 'string' },
    samples: { type: 'string', default: '600000' },
  },
});

/** Clients and samples a request of each run. */
const SHAPES = [
  [1, 1000],
  [1, 10_000],
  [8, 1000],
  [8, 10_000],
  [64, 1000],
  [64, 10_000],
  [500, 10],
] as const;
const SMALL_REQUEST_SHARE = 1 / 6;
const COPY_ROWS = 10_000;
/** Sooner than Retry-After asks for, so that the load does not pause. */
const RETRY_MS = 100;
/** As many as the server has commits in flight. */
const COPY_CONNECTIONS = 5;
const DAY_MS = 86_400_000;
/** So that ten minutes leave gigabytes, not tens of them. */
const SOAK_ROWS_PER_SECOND = 30_000;

const config = parseConfig({ ...process.env, LOG_LEVEL: 'error' });
if (config.DATABASE_URL === undefined) throw new Error('set DATABASE_URL: the benchmark is of a server');
const run = `bench-${Date.now().toString(36)}`;
const fromMs = Math.floor(Date.now() / DAY_MS - 1) * DAY_MS;
const store = await openStore(config, 'bench', createLogger(config));
const server = await serve(process.env);
/** The samples prepared so far; each is used once. */
let prepared = 0;
try {
  if (flags.soak) await soak(server, Number(flags.soak));
  else await compare(server, store.engine);
} finally {
  await server.stop();
  await store.close();
}

async function compare(target: ServingProcess, engine: Engine): Promise<void> {
  const total = Number(flags.samples);
  const protocols = LOAD_PROTOCOLS.filter(({ name }) => !flags.only || flags.only === name);
  await bareCopy(engine, COPY_CONNECTIONS, total);
  await introduce(target);
  const copied: number[] = [];
  const shapes = SHAPES.filter(
    ([clients, samples]) => !flags.shape || flags.shape === `${clients}x${samples}`,
  );
  for (const [clients, samples] of shapes) {
    const copyRate = await bareCopy(engine, COPY_CONNECTIONS, total);
    copied.push(copyRate);
    figure(`bare COPY, ${COPY_CONNECTIONS} connections, ${COPY_ROWS} rows a commit`, copyRate, 'rows/s');
    for (const protocol of protocols) {
      const rows = samples < 1000 ? total * SMALL_REQUEST_SHARE : total;
      await measure(target, protocol, clients, samples, rows, copyRate);
    }
  }
  figure('bare COPY, median', quantile(copied, 0.5), 'rows/s');
  const { residentBytes, peakBytes } = target.memory();
  figure(
    'memory of the server at the end',
    residentBytes / 2 ** 20,
    'MiB',
    `peak ${(peakBytes / 2 ** 20).toFixed(0)} MiB`,
  );
}

/** Writes every series once, so that what follows is of known ones, as it is of an agent's day. */
async function introduce(target: ServingProcess): Promise<void> {
  for (const protocol of LOAD_PROTOCOLS) {
    const bodies = Array.from({ length: 10 }, () => nextBody(protocol, 1000));
    const { seconds } = await send(target.url, protocol, 1, bodies);
    figure(`${protocol.name}, 10 000 series for the first time`, 10_000 / seconds, 'rows/s');
  }
}

async function measure(
  { url, processorSeconds }: ServingProcess,
  protocol: LoadProtocol,
  clients: number,
  samples: number,
  total: number,
  copyRate: number,
): Promise<void> {
  const requests = Math.max(clients, Math.ceil(total / samples));
  const bodies = Array.from({ length: requests }, () => nextBody(protocol, samples));
  const usedBefore = processorSeconds();
  const { seconds, latenciesMs, refusals } = await send(url, protocol, clients, bodies);
  const rate = (requests * samples) / seconds;
  const name = `${protocol.name}, ${clients} clients × ${samples} samples`;
  const used = (processorSeconds() - usedBefore) / seconds;
  figure(
    name,
    rate,
    'rows/s',
    `${(rate / copyRate).toFixed(2)}× COPY, p50 ${quantile(latenciesMs, 0.5).toFixed(1)} ms, ` +
      `p99 ${quantile(latenciesMs, 0.99).toFixed(1)} ms, server ${used.toFixed(2)} cores, ${((used / rate) * 1e6).toFixed(1)} µs a sample` +
      (refusals > 0 ? `, ${refusals} × 503` : ''),
  );
}

function nextBody(protocol: LoadProtocol, samples: number): Buffer {
  const body = protocol.body(run, fromMs, prepared, samples);
  prepared += samples;
  return body;
}

/** Sends every body until it is acknowledged; a client sends its next one then. */
async function send(
  url: string,
  { path, headers }: LoadProtocol,
  clients: number,
  bodies: readonly Buffer[],
) {
  const connections: LoadConnection[] = [];
  for (let i = 0; i < clients; i++) connections.push(await LoadConnection.open(url));
  const latenciesMs: number[] = [];
  let refusals = 0;
  let next = 0;
  const startedMs = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      while (next < bodies.length) {
        const body = bodies[next++]!;
        const sentMs = performance.now();
        for (;;) {
          const status = await connection.post(path, headers, body);
          if (status < 300) break;
          if (status !== 503) throw new Error(`${path} was answered ${status}`);
          refusals++;
          await sleep(RETRY_MS);
        }
        latenciesMs.push(performance.now() - sentMs);
      }
    }),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  for (const connection of connections) connection.close();
  return { seconds, latenciesMs, refusals };
}

/** Writes samples of the same series straight to the table. */
async function bareCopy(engine: Engine, connections: number, rows: number): Promise<number> {
  const ids = await catalogue(engine);
  const batches = Array.from({ length: Math.ceil(rows / COPY_ROWS) }, () => nextColumns(ids));
  let next = 0;
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < batches.length) await writeSamples(engine, [batches[next++]!]);
    }),
  );
  return (batches.length * COPY_ROWS) / ((performance.now() - startedMs) / 1000);
}

function nextColumns(ids: readonly number[]): SampleColumns {
  const columns = {
    seriesIds: new Int32Array(COPY_ROWS),
    times: new Float64Array(COPY_ROWS),
    values: new Float64Array(COPY_ROWS),
  };
  for (let row = 0; row < COPY_ROWS; row++, prepared++) {
    columns.seriesIds[row] = ids[seriesOf(prepared)]!;
    columns.times[row] = timeOf(fromMs, prepared);
    columns.values[row] = amountOf(prepared);
  }
  return columns;
}

/** As many series as the load has, under a host of their own. */
async function catalogue(engine: Engine): Promise<number[]> {
  const identities = Array.from({ length: COPY_ROWS }, (_, index) => ({
    metricName: 'bench_bare_copy',
    host: run,
    labels: { index: String(index) },
  }));
  const ids = await resolveSeries(engine, identities);
  return ids.map((id) => id!);
}

async function soak(target: ServingProcess, seconds: number): Promise<void> {
  const protocol = LOAD_PROTOCOLS[0]!;
  const startedMs = performance.now();
  let written = 0;
  while (performance.now() - startedMs < seconds * 1000) {
    const roundMs = performance.now();
    do {
      const bodies = Array.from({ length: 40 }, () => nextBody(protocol, 2000));
      const pace = sleep((80_000 / SOAK_ROWS_PER_SECOND) * 1000);
      await Promise.all([send(target.url, protocol, 8, bodies), pace]);
      written += 80_000;
    } while (performance.now() - roundMs < 30_000);
    const { residentBytes, peakBytes } = target.memory();
    const elapsed = (performance.now() - startedMs) / 1000;
    figure(
      `after ${elapsed.toFixed(0)} s, ${(written / 1e6).toFixed(1)} M samples: memory`,
      residentBytes / 2 ** 20,
      'MiB',
      `peak ${(peakBytes / 2 ** 20).toFixed(0)} MiB`,
    );
  }
}
