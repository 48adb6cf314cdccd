/**
 * Measures what REST costs beside tRPC for a `series` of 800 points: `npm run bench:rest`, on the embedded engine in
 * memory unless DATABASE_URL names a server, where it leaves a metric of its own, `bench_rest`.
 */
import { Agent, request } from 'node:http';
import { createApp } from '../src/app.ts';
import { createMetricsClient } from '../src/client.ts';
import { parseConfig } from '../src/config.ts';
import { Points } from '../src/contract/points.ts';
import { transformer } from '../src/contract/transformer.ts';
import { answerJson } from '../src/server/answer-json.ts';
import { figure, quantile, timeCalls } from './support/report.ts';

const POINTS = 800;
const ROUNDS = 2000;
const WARM_UP_ROUNDS = 300;
const STEP_MS = 4000;
const endMs = Math.floor(Date.now() / 3_600_000) * 3_600_000;
const range = { start: endMs - 900 * STEP_MS, end: endMs };

encoding();
await overHttp();

/** The answer's text alone. */
function encoding(): void {
  const times = Float64Array.from({ length: POINTS }, (_, i) => range.start + i * STEP_MS);
  const answer = { metric_name: 'bench_rest', data: new Points(times, times.map(valueAt)) };
  figure(
    'encode 800 points, JSON.stringify',
    medianUs(() => JSON.stringify(answer)),
    'µs',
  );
  figure(
    'encode 800 points, REST',
    medianUs(() => answerJson(answer)),
    'µs',
  );
  figure(
    'encode 800 points, tRPC',
    medianUs(() => JSON.stringify(transformer.serialize(answer))),
    'µs',
  );
}

function medianUs(encode: () => string): number {
  const measurements: number[] = [];
  for (let i = 0; i < ROUNDS + WARM_UP_ROUNDS; i++) {
    const startedMs = performance.now();
    encode();
    measurements.push((performance.now() - startedMs) * 1000);
  }
  return quantile(measurements.slice(WARM_UP_ROUNDS), 0.5);
}

/** Both doors in turn over one kept connection; the client reads bytes and parses nothing. */
async function overHttp(): Promise<void> {
  const memory = process.env.DATABASE_URL ? {} : { DATA_DIR: 'memory:' };
  const app = createApp(
    parseConfig({ ...process.env, ...memory, PORT: '0', AGENT: 'off', LOG_LEVEL: 'error' }),
  );
  const { url } = await app.start();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    await fill(url);
    const input = encodeURIComponent(
      JSON.stringify({ json: { metric_name: 'bench_rest', ...range, points: POINTS, resolution: 'raw' } }),
    );
    const query = `start=${range.start}&end=${range.end}&points=${POINTS}&resolution=raw`;
    const doors = {
      tRPC: () => read(`${url}/trpc/series?input=${input}`, agent),
      REST: () => read(`${url}/api/metrics/bench_rest?${query}`, agent),
    };
    const medians = await measureInTurn(doors);
    figure('series of 800 points, REST by tRPC', medians.REST / medians.tRPC, '×', '≤ 2');
  } finally {
    agent.destroy();
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

/** Reads one answer whole. @returns its bytes */
function read(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.once('end', () => resolve(bytes));
    });
    sent.once('error', reject).end();
  });
}
