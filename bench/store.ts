/**
 * Measures the store on a server, end to end over HTTP, without a cache where it does not say so:
 * `DATABASE_URL=postgres://… npm run bench:store`.
 * It fills the database with metrics of its own, `bench_store_…`: 100 hosts × 5 metrics, 3 days at 10 s and the 27
 * days before at a sample a minute, which takes some minutes; a later run adds only what is missing up to now.
 */
import { createApp } from '../src/app.ts';
import { type Config, parseConfig } from '../src/config.ts';
import type { Engine } from '../src/engine/engine.ts';
import { createLogger } from '../src/logger.ts';
import { openStore } from '../src/open-store.ts';
import { runJob } from '../src/store/jobs.ts';
import { readJobs } from '../src/store/jobs-due.ts';
import { refreshLate } from '../src/store/refresh.ts';
import { figure, quantile } from './support/report.ts';
import { medianRead, openReader, type Reader } from './support/requests.ts';
import { fillHistory, HOSTS, METRICS } from './support/store-history.ts';
import { BUSY, fillMany, MANY, QUIET, SCATTERED } from './support/store-many.ts';
import { measureRefresh } from './support/store-refresh.ts';
import { measureSeeded } from './support/store-seeded.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const READS = { warmUp: 20, calls: 200 };
const NEWEST_SCATTERED = `/api/metrics/${SCATTERED}/latest`;

const settings = {
  ...process.env,
  PORT: '0',
  AGENT: 'off',
  LOG_LEVEL: 'error',
  STATEMENT_TIMEOUT_MS: '3600000',
};
const config = parseConfig({ ...settings, CACHE_MAX_BYTES: '0' });
const store = await openStore(config, 'bench', createLogger(config));
try {
  const endMs = await fill(store.engine);
  await whileServing(config, (reader) => measureQueries(reader, endMs));
  await whileServing(parseConfig(settings), (reader) =>
    median(
      reader,
      `newest of ${MANY} series between others, 20 days old, with a cache`,
      '≤ 20',
      () => NEWEST_SCATTERED,
    ),
  );
  await measureSizes(store.engine);
  await measureRefreshes(store.engine, endMs);
} finally {
  await store.close();
}

async function whileServing(config: Config, measure: (reader: Reader) => Promise<void>): Promise<void> {
  const app = createApp(config);
  try {
    const reader = openReader((await app.start()).url);
    await measure(reader);
    reader.close();
  } finally {
    await app.stop();
  }
}

/** Brings samples and rollups up to now and compresses as the policies would. @returns the end of the samples, epoch ms */
async function fill(engine: Engine): Promise<number> {
  const startedMs = performance.now();
  const { endMs, writtenRows } = await fillHistory(engine);
  const seconds = (performance.now() - startedMs) / 1000;
  if (seconds > 60) figure('COPY over one connection, samples per second', writtenRows / seconds, '/s');
  await fillMany(engine, endMs);
  await refreshLate(engine);
  for (const { jobId, procedure } of await readJobs(engine)) {
    if (procedure === 'policy_compression') await runJob(engine, jobId);
  }
  await engine.pool.query('VACUUM (ANALYZE)');
  return endMs;
}

async function median(
  reader: Reader,
  what: string,
  target: string,
  path: (nth: number) => string,
): Promise<void> {
  figure(`${what}, median`, await medianRead(reader, path, READS), 'ms', target);
}

async function measureQueries(reader: Reader, endMs: number): Promise<void> {
  /** Another host and another second with every call, so that nothing is asked twice. */
  const host = (nth: number) => `host=host-${(nth % HOSTS) + 1}`;
  const series = (rangeMs: number, rest: string) => (nth: number) => {
    const toMs = endMs - (nth % 60) * 1000;
    const metric = METRICS[nth % METRICS.length];
    return `/api/metrics/${metric}?start=${toMs - rangeMs}&end=${toMs}&${rest.replace('{host}', host(nth))}`;
  };
  await median(reader, 'one series, 1 h of raw', '< 5; goal < 100', series(HOUR_MS, '{host}'));
  await median(reader, 'one series, 24 h from 1-minute', '< 5', series(DAY_MS, '{host}'));
  await median(reader, 'one series, 7 d from 1-hour', '< 5; goal < 50', series(7 * DAY_MS, '{host}'));
  await median(reader, 'one series, 30 d from daily', '< 5', series(30 * DAY_MS, '{host}'));
  await median(reader, `${HOSTS} hosts, 24 h from 1-minute`, '< 70', series(DAY_MS, ''));
  await median(reader, `${HOSTS} hosts, 7 d from 1-hour`, '< 50', series(7 * DAY_MS, ''));
  await median(
    reader,
    'newest of one series',
    '< 2',
    (nth) => `/api/metrics/${METRICS[0]}/latest?${host(nth)}`,
  );
  await median(reader, `newest of ${MANY} series, seconds old`, '≤ 20', () => `/api/metrics/${BUSY}/latest`);
  await median(reader, `newest of ${MANY} series, 20 days old`, '≤ 20', () => `/api/metrics/${QUIET}/latest`);
  await median(reader, 'the same, their ids between those of others', '≤ 20', () => NEWEST_SCATTERED);
  await median(
    reader,
    `last seen of ${MANY} hosts of ${3 * MANY + HOSTS * METRICS.length} series`,
    '',
    () => '/api/hosts',
  );
}

async function measureSizes(engine: Engine): Promise<void> {
  const sizes = await measureSeeded(config, engine);
  const samples = sizes[0]!.rows;
  for (const { relation, rows, bytesAsRows, bytesCompressed } of sizes) {
    figure(`seeded ${relation}, compressed, bytes a row`, bytesCompressed / rows, 'B');
    figure(`seeded ${relation}, compression ratio`, bytesAsRows / bytesCompressed, '×');
  }
  const total = (bytes: 'bytesAsRows' | 'bytesCompressed') =>
    sizes.reduce((sum, size) => sum + size[bytes], 0);
  const [asRows, compressed] = [total('bytesAsRows'), total('bytesCompressed')];
  figure('seeded, rollups included, bytes a sample as rows', asRows / samples, 'B');
  figure('seeded, rollups included, bytes a sample compressed', compressed / samples, 'B');
  figure('seeded, rollups included, compression ratio', asRows / compressed, '×', '≥ 10');
}

async function measureRefreshes(engine: Engine, endMs: number): Promise<void> {
  const midnightMs = Math.floor(endMs / DAY_MS) * DAY_MS;
  const dayBefore = (days: number) => midnightMs - days * DAY_MS;
  const dense = await measureRefresh(engine, [dayBefore(1), dayBefore(2)]);
  const sparse = await measureRefresh(engine, [dayBefore(10), dayBefore(12), dayBefore(14)]);
  figure('refresh of 1-minute, of samples at 10 s, rows', quantile(dense, 0.5), '/s', '≥ 300 K');
  figure('refresh of 1-minute, of a sample a minute, rows', quantile(sparse, 0.5), '/s', '≥ 300 K');
}
