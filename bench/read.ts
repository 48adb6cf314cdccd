/**
 * Measures the read path on a server, end to end over HTTP: `DATABASE_URL=postgres://… npm run bench:read`.
 * It fills the database with a metric of its own, `bench_read`, and leaves it there.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from '../src/app.ts';
import { createMetricsClient, type MetricsClient } from '../src/client.ts';
import { type Config, parseConfig } from '../src/config.ts';
import type { Engine } from '../src/engine/engine.ts';
import { createLogger } from '../src/logger.ts';
import { openStore } from '../src/open-store.ts';
import { DrainedCopy } from './support/drained-copy.ts';
import { copyOfRawHistory, fillRawHistory, RAW_HISTORY, rawQuestion } from './support/raw-history.ts';
import { figure, quantile, timeCalls } from './support/report.ts';

const SMALL_ROWS = 100_000;
const CLIENTS = 8;
const ALONE_MS = 5000;

const config = parseConfig({
  ...process.env,
  PORT: '0',
  AGENT: 'off',
  LOG_LEVEL: 'error',
  CACHE_MAX_BYTES: '0',
});
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
  return through.series.query(rawQuestion(endMs, rows));
}

async function fill(settings: Config): Promise<number> {
  const filled = await openStore(settings, 'bench', createLogger(settings));
  const end = await fillRawHistory(filled.engine.pool);
  await filled.close();
  return end;
}

/** A hundred thousand raw rows end to end, and the bare COPY of the same rows, in turn. */
async function againstBareCopy({ pool }: Engine, through: MetricsClient): Promise<void> {
  const sql = await copyOfRawHistory(pool, endMs, SMALL_ROWS);
  const bare: number[] = [];
  const whole: number[] = [];
  const connection = await pool.connect();
  for (let i = 0; i < 60; i++) {
    bare.push(...(await timeCalls(1, () => connection.query(new DrainedCopy(sql)).done.promise)));
    whole.push(...(await timeCalls(1, () => ask(through, SMALL_ROWS))));
  }
  connection.release();
  const [copyMs, seriesMs] = [quantile(bare.slice(10), 0.5), quantile(whole.slice(10), 0.5)];
  figure('bare COPY of 100 K rows, median', copyMs, 'ms');
  figure('series of 100 K raw rows → 1 K points, median', seriesMs, 'ms');
  figure('ratio', seriesMs / copyMs, '×', '≤ 1.5');
}

/** Clients that each ask for a million rows again and again, and `latest` beside them; before that, `latest` alone. */
async function underLoad(through: MetricsClient): Promise<void> {
  await ask(through, RAW_HISTORY.rows);
  const alone = await beside(through, sleep(ALONE_MS));
  const clients = Array.from({ length: CLIENTS }, async () => {
    for (let i = 0; i < 4; i++) await ask(createMetricsClient({ url }), RAW_HISTORY.rows);
  });
  const loaded = await beside(through, Promise.all(clients));
  for (const [when, measured] of [
    ['alone', alone],
    ['8 × 1 M rows', loaded],
  ] as const) {
    figure(`event-loop delay p99, ${when}`, measured.delayMs, 'ms', '≤ 20');
    figure(`longest turns of the main thread (CPU, p99), ${when}`, measured.turnMs, 'ms');
    figure(`latest p99, ${when}`, measured.latestMs, 'ms', '≤ 50');
  }
}

/** 99th percentiles, in milliseconds, of what `latest` and the event loop take until the work is done. */
async function beside(through: MetricsClient, work: Promise<unknown>) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const turns: number[] = [];
  let before = process.threadCpuUsage();
  // Preemption by other processes counts for the delay, but not here.
  const timer = setInterval(() => {
    const now = process.threadCpuUsage();
    turns.push((now.user + now.system - before.user - before.system) / 1000);
    before = now;
  }, 1);
  let running = true;
  const finished = work.finally(() => {
    running = false;
  });
  const latest: number[] = [];
  delay.enable();
  while (running) {
    latest.push(...(await timeCalls(1, () => through.latest.query({ metric_name: RAW_HISTORY.metric }))));
  }
  delay.disable();
  clearInterval(timer);
  await finished;
  return {
    delayMs: delay.percentile(99) / 1e6,
    turnMs: quantile(turns, 0.99),
    latestMs: quantile(latest, 0.99),
  };
}

/** Resident memory after 200 such queries against that after 20, and whether it stays there. */
async function memory(through: MetricsClient): Promise<void> {
  let asked = 0;
  for (const queries of [20, 200, 400, 600]) {
    for (; asked < queries; asked += CLIENTS) {
      await Promise.all(Array.from({ length: CLIENTS }, () => ask(through, RAW_HISTORY.rows)));
    }
    globalThis.gc?.();
    const residentMebibytes = process.memoryUsage().rss / 2 ** 20;
    figure(
      `resident memory after ${queries} queries`,
      residentMebibytes,
      'MiB',
      queries > 20 ? 'as after 20' : '',
    );
  }
}
