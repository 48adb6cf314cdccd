/**
 * Measures the read path on a server, end to end over HTTP: `DATABASE_URL=postgres://… npm run bench:read`.
 * It fills the database with a metric of its own, `bench_read`, and leaves it there.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { to as copyTo } from 'pg-copy-streams';
import { createApp, createLogger, openStore } from '../src/app.ts';
import { createMetricsClient, type MetricsClient } from '../src/client.ts';
import { type Config, parseConfig } from '../src/config.ts';
import type { Engine } from '../src/engine/engine.ts';
import { figure, quantile, timeCalls } from './support/report.ts';

const ROWS = 1_000_000;
const SMALL_ROWS = 100_000;
const CLIENTS = 8;
const STEP_MS = 1000;

const config = parseConfig({ ...process.env, PORT: '0', AGENT: 'off', LOG_LEVEL: 'error' });
const endMs = await fill(config);
const app = createApp(config);
const { url } = await app.start();
const client = createMetricsClient({ url });
const store = await openStore(config, 'bench', createLogger(config));
try {
  await againstBareCopy(store.engine, client);
  await underLoad(client);
  await memory(client);
} finally {
  await store.close();
  await app.stop();
}

function ask(through: MetricsClient, rows: number) {
  return through.series.query({
    metric_name: 'bench_read',
    start: endMs - rows * STEP_MS,
    end: endMs,
    points: 1000,
    resolution: 'raw',
  });
}

async function fill(settings: Config): Promise<number> {
  const filled = await openStore(settings, 'bench', createLogger(settings));
  const { pool } = filled.engine;
  await pool.query(
    `INSERT INTO series (metric_name, host) VALUES ('bench_read', 'h') ON CONFLICT DO NOTHING`,
  );
  const end = Math.floor(Date.now() / 86_400_000) * 86_400_000;
  await pool.query(
    `INSERT INTO samples (time, series_id, value)
     SELECT to_timestamp($1::float8 / 1000) - i * interval '1 s', series.id, 50 + 40 * sin(i / 5000.0) + random()
     FROM generate_series(1, $2::int) AS i, series WHERE metric_name = 'bench_read'
     ON CONFLICT DO NOTHING`,
    [end, ROWS],
  );
  await pool.query('ANALYZE samples');
  await filled.close();
  return end;
}

/** A hundred thousand raw rows end to end, and the bare COPY of the same rows, in turn. */
async function againstBareCopy({ pool }: Engine, through: MetricsClient): Promise<void> {
  const { rows } = await pool.query<{ id: number }>(`SELECT id FROM series WHERE metric_name = 'bench_read'`);
  const from = new Date(endMs - SMALL_ROWS * STEP_MS).toISOString();
  const sql = `COPY (SELECT time, value FROM samples WHERE series_id = ${rows[0]!.id}
    AND time >= '${from}' AND time < '${new Date(endMs).toISOString()}' ORDER BY 1) TO STDOUT (FORMAT binary)`;
  const bare: number[] = [];
  const whole: number[] = [];
  const connection = await pool.connect();
  for (let i = 0; i < 60; i++) {
    bare.push(...(await timeCalls(1, () => drain(connection.query(copyTo(sql))))));
    whole.push(...(await timeCalls(1, () => ask(through, SMALL_ROWS))));
  }
  connection.release();
  const [copyMs, seriesMs] = [quantile(bare.slice(10), 0.5), quantile(whole.slice(10), 0.5)];
  figure('bare COPY of 100 K rows, median', copyMs, 'ms');
  figure('series of 100 K raw rows → 1 K points, median', seriesMs, 'ms');
  figure('ratio', seriesMs / copyMs, '×', '≤ 1.5');
}

async function drain(rows: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of rows);
}

/** Clients that each ask for a million rows again and again, and `latest` beside them. */
async function underLoad(through: MetricsClient): Promise<void> {
  await ask(through, ROWS);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let running = true;
  const heavy = Array.from({ length: CLIENTS }, async () => {
    for (let i = 0; i < 4; i++) await ask(createMetricsClient({ url }), ROWS);
  });
  delay.enable();
  const latest: number[] = [];
  const beside = (async () => {
    while (running)
      latest.push(...(await timeCalls(1, () => through.latest.query({ metric_name: 'bench_read' }))));
  })();
  await Promise.all(heavy);
  running = false;
  await beside;
  delay.disable();
  figure('event-loop delay p99 while 8 clients ask for 1 M rows', delay.percentile(99) / 1e6, 'ms', '≤ 20');
  figure('latest p99 beside them', quantile(latest, 0.99), 'ms', '≤ 50');
}

/** Resident memory after 200 such queries against that after 20. */
async function memory(through: MetricsClient): Promise<void> {
  const measure = async (queries: number): Promise<number> => {
    for (let i = 0; i < queries; i += CLIENTS) {
      await Promise.all(Array.from({ length: CLIENTS }, () => ask(through, ROWS / 4)));
    }
    globalThis.gc?.();
    return process.memoryUsage().rss / 2 ** 20;
  };
  figure('resident memory after 20 queries', await measure(20), 'MiB');
  figure('resident memory after 200 queries', await measure(180), 'MiB', 'as after 20');
}
