import pg from 'pg';
import { compressSync } from 'snappy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { storedSamples } from '../support/stored-samples.ts';

const REQUEST_SAMPLES = 100;
const MAX_PENDING = 1000;
const HELD_REQUESTS = MAX_PENDING / REQUEST_SAMPLES;
const START_MS = Date.now() - 3_600_000;

let app: TestApp;
let holder: pg.Client;
beforeAll(async () => {
  app = await startTestApp({ INGEST_MAX_PENDING: String(MAX_PENDING) });
  holder = new pg.Client({ connectionString: app.config.DATABASE_URL! });
  await holder.connect();
});
afterAll(async () => {
  await holder?.end();
  await app?.close();
});

/** A request of so many samples; the value of each tells which it is. */
function write(request: number): Promise<Response> {
  const lines = Array.from({ length: REQUEST_SAMPLES }, (_, i) => {
    const sample = request * REQUEST_SAMPLES + i;
    return `backlog,host=web-1 v=${sample} ${START_MS + sample}`;
  });
  return app.rest('/write?precision=ms', { method: 'POST', body: lines.join('\n') });
}

const OTHER_DOORS: readonly [path: string, type: string, body: string | Buffer][] = [
  ['/api/v1/write', 'application/x-protobuf', compressSync(Buffer.alloc(0))],
  ['/v1/metrics', 'application/json', JSON.stringify({ resourceMetrics: [] })],
  ['/api/v2/write', 'text/plain', 'backlog v=1'],
  [
    '/api/metrics',
    'application/json',
    JSON.stringify({ samples: [{ host: 'web-1', metric_name: 'm', value: 1 }] }),
  ],
];

async function pendingRows(): Promise<number> {
  return (await app.json('/api/status')).ingest.pending_rows;
}

test('a full backlog refuses with 503 and Retry-After at once, and is healthy again once it is written', async () => {
  // Its series is known, so that what is held are samples alone.
  expect((await write(0)).status).toBe(204);
  await holder.query('BEGIN; LOCK TABLE samples IN EXCLUSIVE MODE');
  let answered = 0;
  const held = Array.from({ length: HELD_REQUESTS }, async (_, i) => {
    const { status } = await write(1 + i);
    answered++;
    return status;
  });
  await expect.poll(pendingRows, { timeout: 20_000 }).toBe(MAX_PENDING);

  const refused = 1 + HELD_REQUESTS;
  const refusal = await write(refused);
  expect([refusal.status, refusal.headers.get('retry-after')]).toEqual([503, '1']);
  for (const [path, type, body] of OTHER_DOORS) {
    const answer = await app.rest(path, { method: 'POST', headers: { 'content-type': type }, body });
    expect([path, answer.status, answer.headers.get('retry-after')]).toEqual([path, 503, '1']);
  }
  // Nobody waited for room: what fills the backlog is all still there, and whoever reads is served.
  expect([answered, await pendingRows()]).toEqual([0, MAX_PENDING]);
  expect((await app.rest('/readyz')).status).toBe(200);
  expect((await app.json('/api/status')).ingest.refused_requests).toBe(1 + OTHER_DOORS.length);

  await holder.query('ROLLBACK');
  expect(await Promise.all(held)).toEqual(new Array(HELD_REQUESTS).fill(204));
  await expect.poll(pendingRows).toBe(0);
  expect((await write(refused)).status).toBe(204);
  await app.stop();
  const stored = await storedSamples(app.config, 'backlog');
  const samples = (refused + 1) * REQUEST_SAMPLES;
  expect(stored.map(({ value }) => value).sort((a, b) => a - b)).toEqual(
    Array.from({ length: samples }, (_, i) => i),
  );
});
