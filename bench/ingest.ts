/**
 * Measures ingest on a server, end to end over HTTP, every request acknowledged after its commit:
 * `DATABASE_URL=postgres://… npm run bench:ingest`. Server, database and load share the machine. The bodies are
 * prepared before the clock starts. It leaves its samples in the database, under hosts of their own.
 *
 * Beside each shape stand two COPYs of as many rows of as many series, encoded beforehand, into the same table:
 * "alike", with a connection for each client (64 at most) and a commit for each request's rows; and "large", with as
 * many connections as the server writes by and 10 000 rows a commit, which is about the best that COPY can do.
 *
 * `-- --only remote_write --shape 8x10000 --samples 2000000` picks a protocol, a shape and how much is written.
 * `-- --soak 600` writes 30 000 samples/s by remote_write for so many seconds instead, and prints the server's memory every minute.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parseConfig } from '../src/config.ts';
import { type ServingProcess, serve } from '../test/support/serving-process.ts';
import { type BareCopy, type CopyShape, openBareCopy } from './support/bare-copy.ts';
import { LOAD_PROTOCOLS, type LoadProtocol } from './support/ingest-bodies.ts';
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
/** So that each client sends more than once. */
const MIN_REQUESTS_PER_CLIENT = 3;
/** Sooner than Retry-After asks for, so that the load does not pause. */
const RETRY_MS = 100;
const DAY_MS = 86_400_000;
/** So that ten minutes leave gigabytes, not tens of them. */
const SOAK_ROWS_PER_SECOND = 30_000;

const config = parseConfig({ ...process.env, LOG_LEVEL: 'error' });
if (config.DATABASE_URL === undefined) throw new Error('set DATABASE_URL: the benchmark is of a server');
/** The server writes by a third of its pool. */
const LARGE_COPY: CopyShape = {
  connections: Math.max(1, Math.floor(config.DATABASE_POOL_SIZE / 3)),
  rowsPerCommit: 10_000,
};
const run = `bench-${Date.now().toString(36)}`;
const fromMs = Math.floor(Date.now() / DAY_MS - 1) * DAY_MS;
const server = await serve(process.env);
/** The samples prepared so far; each is used once. */
let prepared = 0;
try {
  if (flags.soak) await soak(server, Number(flags.soak));
  else await compare(server, await openBareCopy(config.DATABASE_URL, run, fromMs));
} finally {
  await server.stop();
}

async function compare(target: ServingProcess, bare: BareCopy): Promise<void> {
  const total = Number(flags.samples);
  const protocols = LOAD_PROTOCOLS.filter(({ name }) => !flags.only || flags.only === name);
  await bare.measure(LARGE_COPY, total);
  await introduce(target);
  const shapes = SHAPES.filter(
    ([clients, samples]) => !flags.shape || flags.shape === `${clients}x${samples}`,
  );
  for (const [clients, samples] of shapes) {
    const wanted = samples < 1000 ? total * SMALL_REQUEST_SHARE : total;
    const rows = Math.max(wanted, clients * samples * MIN_REQUESTS_PER_CLIENT);
    const rates = {
      alike: await measureCopy(bare, bare.nearest(clients, samples), rows),
      large: await measureCopy(bare, LARGE_COPY, total),
    };
    for (const protocol of protocols) await measure(target, protocol, clients, samples, rows, rates);
  }
  await bare.close();
  const { residentBytes, peakBytes } = target.memory();
  figure(
    'memory of the server at the end',
    residentBytes / 2 ** 20,
    'MiB',
    `peak ${(peakBytes / 2 ** 20).toFixed(0)} MiB`,
  );
}

async function measureCopy(bare: BareCopy, shape: CopyShape, rows: number): Promise<number> {
  const rate = await bare.measure(shape, rows);
  figure(
    `bare COPY, ${shape.connections} connections × ${shape.rowsPerCommit} rows a commit`,
    rate,
    'rows/s',
  );
  return rate;
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
  copyRates: { readonly alike: number; readonly large: number },
): Promise<void> {
  const requests = Math.ceil(total / samples);
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
    `${(rate / copyRates.alike).toFixed(2)}× COPY alike, ${(rate / copyRates.large).toFixed(2)}× large, p50 ${quantile(latenciesMs, 0.5).toFixed(1)} ms, ` +
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
    } while (performance.now() - roundMs < 60_000);
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
