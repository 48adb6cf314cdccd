/**
 * Measures what the cache of answers spares and costs on a server, end to end over HTTP:
 * `DATABASE_URL=postgres://… npm run bench:cache`. It fills the database with a metric of its own, `bench_cache`: 100
 * hosts, a sample every 10 s for 26 h.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from '../src/app.ts';
import { type Config, parseConfig } from '../src/config.ts';
import { createLogger } from '../src/logger.ts';
import { openStore } from '../src/open-store.ts';
import { refreshLate } from '../src/store/refresh.ts';
import { figure } from './support/report.ts';
import { medianRead, openReader } from './support/requests.ts';

const METRIC = 'bench_cache';
const HOSTS = 100;
const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
const SETTLED_MS = 20 * MINUTE_MS;
const WARM_UP_CALLS = 5;

const base = { ...process.env, PORT: '0', AGENT: 'off', LOG_LEVEL: 'error' };
const config = parseConfig(base);
await fill(config);
const endMs = Date.now() - SETTLED_MS;

/** Another range with every number. */
const ONE_LINE = (nth: number) =>
  `/api/metrics/${METRIC}?start=${endMs - DAY_MS - nth}&end=${endMs - nth}&resolution=1min`;
const LINES = (nth: number) =>
  `/api/metrics/${METRIC}/matrix?start=${endMs - DAY_MS - nth}&end=${endMs - nth}&resolution=1min&limit=${HOSTS}`;

await measure('cache off', parseConfig({ ...base, CACHE_MAX_BYTES: '0' }), (one) => one);
await measure('missed', config, (one) => one);
await measure('kept', config, () => 0);

async function measure(what: string, settings: Config, nth: (call: number) => number): Promise<void> {
  const app = createApp(settings);
  const { url } = await app.start();
  // The first round of maintenance, which settles the past.
  await sleep(5_000);
  const reader = openReader(url);
  for (const [lines, calls, path] of [
    ['hosts averaged', 200, ONE_LINE],
    ['lines', 20, LINES],
  ] as const) {
    const ms = await medianRead(reader, (call) => path(nth(call)), { warmUp: WARM_UP_CALLS, calls });
    figure(`${HOSTS} ${lines}, 24 h from 1-minute, ${what}, median`, ms, 'ms');
  }
  reader.close();
  const figures = await (await fetch(new URL('/metrics', url))).text();
  console.log(figures.match(/^hyperdash_cache_.*$/gm)?.join('  '));
  await app.stop();
}

/** Fills what is missing up to now, and brings it into the rollups. */
async function fill(settings: Config): Promise<void> {
  const { engine, close } = await openStore(settings, 'bench', createLogger(settings));
  await engine.pool.query(
    `INSERT INTO series (metric_name, host) SELECT $1, 'host-' || n FROM generate_series(1, $2::int) AS n
       ON CONFLICT DO NOTHING`,
    [METRIC, HOSTS],
  );
  await engine.pool.query(
    `INSERT INTO samples SELECT t, id, round((50 + 40 * sin(id + extract(epoch FROM t) / 5000) + random())::numeric, 2)
       FROM series, generate_series(date_trunc('hour', now()) - INTERVAL '26 h', now(), INTERVAL '10 s') AS t
      WHERE metric_name = $1 ON CONFLICT DO NOTHING`,
    [METRIC],
  );
  await engine.pool.query('VACUUM (ANALYZE)');
  await refreshLate(engine);
  await close();
}
