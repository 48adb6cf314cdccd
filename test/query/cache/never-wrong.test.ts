import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Downsampling } from '../../../src/downsampling/downsampling.ts';
import { runJob } from '../../../src/store/jobs.ts';
import { readJobs } from '../../../src/store/jobs-due.ts';
import { applyLifecycle } from '../../../src/store/lifecycle.ts';
import { refreshLate } from '../../../src/store/refresh.ts';
import { writeSamples } from '../../../src/store/write-samples.ts';
import { type CachedQueries, queriesOf, startDownsampling } from '../../support/cached-queries.ts';
import { openTestEngine, type TestEngine } from '../../support/engine.ts';
import { DAY, HOUR, MINUTE, SETTINGS, settle, stopScheduler } from '../../support/lifecycle.ts';

const METRIC = 'kept';
const HOSTS = 8;
const FILLED = 80 * HOUR;
const RUNS = Number(process.env.CACHE_RUNS ?? 12);

const base = Math.floor(Date.now() / MINUTE) * MINUTE;
const hour = Math.floor(base / HOUR) * HOUR;
const day = Math.floor(base / DAY) * DAY;

/** Each is costly by the number of rows that it may read, and settled but for the one that ends a minute ago. */
const QUESTIONS = [
  { resolution: 'raw', start: base - 5 * HOUR, end: base - 8 * MINUTE },
  { resolution: 'raw', start: base - 50 * HOUR, end: base - 40 * HOUR - 1 },
  { resolution: 'raw', start: base - 5 * HOUR, end: base - MINUTE },
  { resolution: '1min', start: base - 30 * HOUR, end: base - 8 * MINUTE },
  { resolution: '1min', start: base - 70 * HOUR, end: base - 20 * HOUR + 12_345 },
  { resolution: '1hour', start: base - 40 * DAY, end: hour - 2 * HOUR },
  { resolution: '1hour', start: base - 40 * DAY, end: hour - 30 * HOUR + 7 * MINUTE },
  { resolution: 'daily', start: base - 900 * DAY, end: day - DAY },
  { resolution: 'daily', start: base - 900 * DAY, end: day - 2 * DAY + HOUR },
] as const;

let engine: TestEngine;
let downsampling: Downsampling;
let cached: CachedQueries;
let uncached: CachedQueries;
let ids: number[];

beforeAll(async () => {
  engine = await openTestEngine({ poolSize: 8 });
  await stopScheduler(engine);
  await applyLifecycle(engine, SETTINGS);
  downsampling = startDownsampling();
  cached = queriesOf(engine, downsampling);
  uncached = queriesOf(engine, downsampling, { maxBytes: 0 });
  const hosts = Array.from({ length: HOSTS }, (_, n) => `h${n}`);
  const found = await engine.pool.query<{ id: number }>(
    'INSERT INTO series (metric_name, host) SELECT $1, unnest($2::text[]) RETURNING id',
    [METRIC, hosts],
  );
  ids = found.rows.map(({ id }) => id);
  await sql(
    `INSERT INTO samples SELECT t, id, floor(random() * 100) FROM unnest($3::int[]) AS id,
       generate_series($1::timestamptz, $2, INTERVAL '10 min') AS t`,
    [new Date(base - FILLED), new Date(base), ids],
  );
  await settle(engine);
});
afterAll(async () => {
  await downsampling?.close();
  await engine?.close();
});

const sql = async (text: string, values: unknown[] = []) => {
  await engine.pool.query(text, values);
};
const ask = async ({ queries }: CachedQueries, nth: number, points: number) => {
  const question = { ...QUESTIONS[nth]!, metric_name: METRIC, points, aggregate: 'sum' } as const;
  const series = await queries.series(question);
  const matrix = await queries.matrix({ ...question, group_by: 'series', limit: 50 });
  return { series, matrix: { ...matrix, took_ms: 0 } };
};

/** Written as the program does: by INSERT, or where there are many by COPY. */
const write = (ageMs: number, count: number) => {
  const times = Float64Array.from({ length: count }, (_, n) => Date.now() - ageMs - n);
  const seriesIds = Int32Array.from(times, (_, n) => ids[n % HOSTS]!);
  return writeSamples(engine, [{ seriesIds, times, values: times.map(() => 1_000) }]);
};

type Step = readonly [what: keyof typeof STEPS, ageMs: number, nth: number];
const STEPS = {
  inTime: (ageMs: number) => write(ageMs % (4 * MINUTE), 3),
  late: (ageMs: number) => write(ageMs, 2),
  lateByCopy: (ageMs: number) => write(ageMs, 600),
  lateByView: (ageMs: number, nth: number) =>
    sql(
      `INSERT INTO metrics (time, host, metric_name, value) VALUES (now() - $1 * INTERVAL '1 ms', $2, $3, 500)`,
      [ageMs, `h${nth % HOSTS}`, METRIC],
    ),
  lateBySql: (ageMs: number) =>
    sql(`INSERT INTO samples SELECT now() - $1 * INTERVAL '1 ms', id, 7 FROM unnest($2::int[]) AS id`, [
      ageMs,
      ids,
    ]),
  rolledBack: async (ageMs: number) => {
    const client = await engine.pool.connect();
    await client.query('BEGIN');
    await client.query(`INSERT INTO samples VALUES (now() - $1 * INTERVAL '1 ms', $2, 9)`, [ageMs, ids[0]]);
    await client.query('ROLLBACK');
    client.release();
  },
  deleted: (ageMs: number) =>
    sql(
      `DELETE FROM samples WHERE time BETWEEN now() - ($1 + 600000) * INTERVAL '1 ms' AND now() - $1 * INTERVAL '1 ms'`,
      [ageMs],
    ),
  round: () => refreshLate(engine),
  policies: async () => {
    for (const { jobId, procedure } of await readJobs(engine)) {
      if (procedure === 'policy_refresh_continuous_aggregate') await runJob(engine, jobId);
    }
  },
  /** What the clock leaves behind where it was an hour ahead and has been set back. */
  clockSetBack: () =>
    sql(
      `UPDATE settled_past SET guarded_from = NULL, guarded_until = now() + INTERVAL '55 min', raw = now() + INTERVAL '55 min'`,
    ),
  raced: async (ageMs: number, nth: number) => {
    await Promise.all([write(ageMs, 2), ask(cached, nth % QUESTIONS.length, 100), refreshLate(engine)]);
  },
  asked: async (_: number, nth: number) => {
    await ask(cached, nth % QUESTIONS.length, 100);
  },
} satisfies Record<string, (ageMs: number, nth: number) => Promise<unknown>>;

const names = Object.keys(STEPS) as (keyof typeof STEPS)[];
const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom<keyof typeof STEPS>(...names, 'round', 'round', 'late', 'inTime', 'asked'),
  fc.oneof(fc.integer({ min: 0, max: 40 * MINUTE }), fc.integer({ min: 0, max: FILLED })),
  fc.nat(1000),
);

test('a kept answer is what would be read, whatever is written, refreshed and asked in between', async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25 }), async (steps) => {
    for (const [what, ageMs, nth] of steps) {
      await STEPS[what](ageMs, nth);
      for (const question of [nth % QUESTIONS.length, (nth * 7) % QUESTIONS.length]) {
        expect([what, question, await ask(cached, question, 100)]).toEqual([
          what,
          question,
          await ask(uncached, question, 100),
        ]);
      }
    }
  });
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  const { memory, missed, unsettled } = cached.cache.counters;
  expect(Math.min(memory, missed, unsettled)).toBeGreaterThan(RUNS);
}, 600_000);
