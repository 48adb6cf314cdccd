/**
 * Measures what REST costs beside tRPC for a `series` of 800 points: `npm run bench:rest`, on the embedded engine in
 * memory unless DATABASE_URL names a server, where it leaves a metric of its own, `bench_rest`.
 */
import { createApp } from '../src/app.ts';
import { createMetricsClient } from '../src/client.ts';
import { parseConfig } from '../src/config.ts';
import { figure, quantile, timeCalls } from './support/report.ts';
import { openReader } from './support/requests.ts';

const POINTS = 800;
const ROUNDS = 2000;
const WARM_UP_ROUNDS = 300;
const STEP_MS = 4000;
const endMs = Math.floor(Date.now() / 3_600_000) * 3_600_000;
const range = { start: endMs - 900 * STEP_MS, end: endMs };

await overHttp();

/** Both doors in turn over one kept connection; the client reads bytes and parses nothing. */
async function overHttp(): Promise<void> {
  const memory = process.env.DATABASE_URL ? {} : { DATA_DIR: 'memory:' };
  const app = createApp(
    parseConfig({ ...process.env, ...memory, PORT: '0', AGENT: 'off', LOG_LEVEL: 'error' }),
  );
  const { url } = await app.start();
  const reader = openReader(url);
  try {
    await fill(url);
    const input = encodeURIComponent(
      JSON.stringify({ json: { metric_name: 'bench_rest', ...range, points: POINTS, resolution: 'raw' } }),
    );
    const query = `start=${range.start}&end=${range.end}&points=${POINTS}&resolution=raw`;
    const doors = {
      tRPC: () => reader.read(`/trpc/series?input=${input}`),
      REST: () => reader.read(`/api/metrics/bench_rest?${query}`),
    };
    const medians = await measureInTurn(doors);
    figure('series of 800 points, REST by tRPC', medians.REST / medians.tRPC, '×', '≤ 2');
  } finally {
    reader.close();
    await app.stop();
  }
}

async function measureInTurn(doors: Record<'tRPC' | 'REST', () => Promise<number>>) {
  const measured: Record<keyof typeof doors, number[]> = { tRPC: [], REST: [] };
  for (let i = 0; i < ROUNDS; i++) {
    measured.tRPC.push(...(await timeCalls(1, doors.tRPC)));
    measured.REST.push(...(await timeCalls(1, doors.REST)));
  }
  const medians = {
    tRPC: quantile(measured.tRPC.slice(WARM_UP_ROUNDS), 0.5),
    REST: quantile(measured.REST.slice(WARM_UP_ROUNDS), 0.5),
  };
  figure(`series of 800 points, tRPC, median (${await doors.tRPC()} bytes)`, medians.tRPC, 'ms');
  figure(`series of 800 points, REST, median (${await doors.REST()} bytes)`, medians.REST, 'ms');
  return medians;
}

async function fill(url: string): Promise<void> {
  const samples = Array.from({ length: 900 }, (_, i) => {
    const time = range.start + i * STEP_MS;
    return { time, host: 'h', metric_name: 'bench_rest', value: valueAt(time) };
  });
  await createMetricsClient({ url }).ingest.mutate({ samples });
}

/** A value with as many digits as a measurement has. */
function valueAt(timeMs: number): number {
  return Math.round((50 + 40 * Math.sin(timeMs / 600_000)) * 100) / 100 + 1e-3;
}
