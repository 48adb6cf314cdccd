import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';

const POOL_SIZE = 4;
const CHARTS = 30;

let app: TestApp;
let holder: pg.Client;
beforeAll(async () => {
  app = await startTestApp({ DATABASE_POOL_SIZE: String(POOL_SIZE) });
  holder = new pg.Client({ connectionString: app.config.DATABASE_URL! });
  await holder.connect();
});
afterAll(async () => {
  await holder?.end();
  await app?.close();
});

const write = (value: number) =>
  app.client.ingest.mutate({ samples: [{ host: 'h', metric_name: 'starved', value }] });
const chart = (signal?: AbortSignal) =>
  app.rest('/api/metrics/starved?start=7d&resolution=1hour', signal ? { signal } : {});
const reads = async () => {
  const text = await (await app.rest('/metrics')).text();
  const of = (state: string) =>
    Number(new RegExp(`hyperdash_reads\\{state="${state}"\\} (\\d+)`).exec(text)?.[1]);
  return { running: of('running'), waiting: of('waiting') };
};

/** Has every chart of the 1-hour tier wait inside the database. */
async function holdCharts(): Promise<void> {
  const { rows } = await holder.query(
    `SELECT format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name) AS name
       FROM timescaledb_information.continuous_aggregates WHERE view_name = 'samples_1hour'`,
  );
  await holder.query(`BEGIN; LOCK TABLE ${rows[0].name} IN ACCESS EXCLUSIVE MODE`);
}

test('however many charts are stuck in the database, samples go in and the newest come out', async () => {
  await write(0);
  await holdCharts();
  const charts = Array.from({ length: CHARTS }, () => chart());
  await expect
    .poll(reads, { timeout: 20_000 })
    .toEqual({ running: POOL_SIZE / 2, waiting: CHARTS - POOL_SIZE / 2 });
  for (let value = 1; value <= 20; value++) {
    expect(await write(value)).toMatchObject({ accepted: 1 });
    expect(await app.client.latest.query({ metric_name: 'starved' })).toMatchObject({ value });
  }
  expect(await reads()).toMatchObject({ running: POOL_SIZE / 2 });
  await holder.query('ROLLBACK');
  for (const answer of await Promise.all(charts)) expect(answer.status).toBe(200);
});

test('a client that goes away gives its place in the queue up', async () => {
  await holdCharts();
  const gone = new AbortController();
  const charts = Array.from({ length: CHARTS }, () => chart(gone.signal).catch(() => undefined));
  await expect
    .poll(reads, { timeout: 20_000 })
    .toEqual({ running: POOL_SIZE / 2, waiting: CHARTS - POOL_SIZE / 2 });
  gone.abort();
  await Promise.all(charts);
  await expect.poll(reads, { timeout: 20_000 }).toEqual({ running: 0, waiting: 0 });
  await holder.query('ROLLBACK');
  expect((await chart()).status).toBe(200);
});
