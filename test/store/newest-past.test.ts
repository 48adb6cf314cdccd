import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { type LatestSample, latestSample, type NewestPast } from '../../src/store/latest-sample.ts';
import { applyLifecycle } from '../../src/store/lifecycle.ts';
import { openTestEngine, type TestEngine } from '../support/engine.ts';
import { DAY, HOUR, loadHistory, MINUTE, SETTINGS, settle, stopScheduler } from '../support/lifecycle.ts';

const NOW = Math.floor(Date.now() / MINUTE) * MINUTE;
const SILENT_SINCE = NOW - 20 * DAY;
/** The ids of `silent` alternate with those of `talkative`, which has samples in every chunk. */
const HOSTS = 40;
const RUNS = Number(process.env.LATEST_RUNS ?? 6);
/** No sample has it: an answer with it rests on what is known of the past. */
const MARK = -1;

let engine: TestEngine;
let ids: number[];
let step = 0;

const sql = (text: string, values: unknown[] = []) => engine.pool.query(text, values);
const date = (ms: number) => new Date(ms);

const insert = (id: number, ms: number) =>
  sql('INSERT INTO samples VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [date(ms), id, step++]);

const addSeries = async (host: string): Promise<number> => {
  const { rows } = await sql(
    `INSERT INTO series (metric_name, host, labels) VALUES ('silent', $1, '{"rack": "1"}') RETURNING id`,
    [host],
  );
  return rows[0].id;
};

const compressOld = () =>
  sql(`SELECT compress_chunk(chunk) FROM show_chunks('samples', older_than => $1::timestamptz) AS chunk`, [
    date(NOW - 8 * DAY),
  ]);

async function fill(): Promise<void> {
  await sql('TRUNCATE samples');
  await sql('DELETE FROM series');
  const { rows } = await sql(
    `INSERT INTO series (metric_name, host, labels)
     SELECT metric, 'h' || n, jsonb_build_object('rack', (n % 2)::text)
       FROM generate_series(1, $1::int) AS n, unnest('{silent,talkative}'::text[]) AS metric
      ORDER BY n, metric RETURNING id, metric_name`,
    [HOSTS],
  );
  ids = rows.filter((row) => row.metric_name === 'silent').map(({ id }) => id);
  await sql(
    `INSERT INTO samples SELECT t, id, 0 FROM series, generate_series($1::timestamptz, $2, INTERVAL '12 h') AS t
      WHERE metric_name = 'talkative' OR t <= $3`,
    [date(SILENT_SINCE - 2 * DAY), date(NOW), date(SILENT_SINCE)],
  );
  await compressOld();
  await settle(engine);
}

const ask = (past?: NewestPast, matchers: [string, string][] = [], retentionMs = 30 * DAY) =>
  latestSample(engine, { metricName: 'silent', matchers }, { past, retentionMs });

/** Whether an answer rests on the past given. */
const restsOn = async (past: NewestPast): Promise<boolean> =>
  (await ask({ ...past, value: MARK })).newest?.value === MARK;

async function byBruteForce(rack?: string, before: unknown = 'infinity'): Promise<LatestSample['newest']> {
  const { rows } = await sql(
    `SELECT metric_name, host, labels, time, value FROM samples JOIN series ON id = series_id
      WHERE metric_name = 'silent' AND ($1::text IS NULL OR labels ->> 'rack' = $1)
        AND time < $2 ORDER BY time DESC, id LIMIT 1`,
    [rack, before],
  );
  return rows[0];
}

beforeAll(async () => {
  engine = await openTestEngine();
  await stopScheduler(engine);
  await applyLifecycle(engine, SETTINGS);
});
afterAll(() => engine?.close());
beforeEach(fill);

describe('what is known of the past of series that fell silent', () => {
  it('is relied upon as long as that stays the same', async () => {
    const { newest, past } = await ask();
    expect(newest).toEqual(await byBruteForce());
    await insert(ids[0]! + 1, NOW - MINUTE);
    expect(await restsOn(past!)).toBe(true);
    expect((await ask(past)).newest).toEqual(newest);
  });

  it('is nothing where a search takes one chunk, the start may be dropped, or it has not settled', async () => {
    expect((await ask(undefined, [], 20 * DAY)).past).toBeUndefined();
    await sql(`UPDATE settled_past SET raw = '-infinity'`);
    expect((await ask()).past).toBeUndefined();
    await settle(engine);
    const talkative = { metricName: 'talkative', matchers: [] };
    expect((await latestSample(engine, talkative, { past: undefined, retentionMs: 30 * DAY })).past).toBe(
      undefined,
    );
  });

  it('is not relied upon once retention may take it', async () => {
    const { past } = await ask();
    expect((await ask({ ...past!, value: MARK }, [], 20 * DAY)).newest?.value).not.toBe(MARK);
  });

  it('is nothing where the newest of each was looked up, as some are many samples ahead of the others', async () => {
    for (const [nth, id] of ids.entries()) {
      if (nth % 2 === 0) continue;
      await sql(
        `INSERT INTO samples SELECT $2::timestamptz + n * INTERVAL '1 min', $1, n FROM generate_series(1, 30) AS n`,
        [id, date(NOW - 10 * DAY)],
      );
    }
    await insert(ids[1]!, NOW - MINUTE);
    await settle(engine);
    const { newest, past } = await ask();
    expect(newest).toEqual(await byBruteForce());
    expect(past).toBeUndefined();
  });

  it('is that of the selector alone that it was found with', async () => {
    const { past } = await ask(undefined, [['rack', '0']]);
    expect(past).toBeDefined();
    expect(await restsOn(past!)).toBe(false);
  });

  it('is found where one of them goes on, too', async () => {
    for (const age of [2 * MINUTE, HOUR, 9 * DAY]) await insert(ids[5]!, NOW - age);
    await settle(engine);
    const { newest, past } = await ask();
    expect(newest).toMatchObject({ host: 'h6', time: date(NOW - 2 * MINUTE) });
    expect(past).toMatchObject({ id: ids[5] });
    await sql('DELETE FROM samples WHERE time = $1', [date(NOW - 2 * MINUTE)]);
    expect((await ask(past)).newest).toEqual(await byBruteForce());
  });
});

const inThePast: [string, () => Promise<unknown>][] = [
  ['a late sample in the unsettled chunk', () => insert(ids[3]!, NOW - HOUR)],
  ['a late sample in a compressed chunk', () => insert(ids[3]!, NOW - 15 * DAY)],
  [
    'a sample of the same time of a series that comes first',
    async () => {
      await sql('DELETE FROM samples WHERE series_id = $1', [ids[0]]);
      const { past } = await ask();
      await insert(ids[0]!, SILENT_SINCE);
      expect(await restsOn(past!)).toBe(false);
    },
  ],
  [
    'a sample by the view',
    () =>
      sql(`INSERT INTO metrics (time, host, metric_name, value) VALUES ($1, 'by sql', 'silent', 7)`, [
        date(NOW - 9 * DAY),
      ]),
  ],
  ['a new series', async () => insert(await addSeries('new'), NOW - 9 * DAY)],
  [
    'a series whose samples were there before it',
    async () => {
      const { rows } = await sql(`SELECT id FROM series WHERE metric_name = 'talkative' LIMIT 1`);
      await sql(`UPDATE series SET metric_name = 'silent', host = 'renamed' WHERE id = $1`, [rows[0].id]);
    },
  ],
  ['a series deleted', () => sql('DELETE FROM series WHERE id = $1', [ids[0]])],
  [
    'the newest sample deleted',
    () => sql('DELETE FROM samples WHERE series_id = $1 AND time = $2', [ids[0], date(SILENT_SINCE)]),
  ],
  [
    'the newest samples updated',
    () =>
      sql('UPDATE samples SET value = 9 WHERE series_id = $1 AND time > $2', [
        ids[0],
        date(SILENT_SINCE - HOUR),
      ]),
  ],
  ['everything deleted', () => sql('TRUNCATE samples')],
  [
    'a load of history',
    () =>
      loadHistory(engine, { fromMs: NOW - 12 * DAY, toMs: NOW - 11 * DAY }, async () => {
        await insert(ids[1]!, NOW - 12 * DAY + HOUR);
      }),
  ],
];

describe('what is known of the past does not count after', () => {
  test.each(inThePast)('%s', async (_, change) => {
    const { past } = await ask();
    await change();
    expect(await restsOn(past!)).toBe(false);
    expect((await ask(past)).newest).toEqual(await byBruteForce());
  });
});

describe('a series that came back since the past was settled', () => {
  test('is found while what it sent has not settled, and after', async () => {
    const { past } = await ask();
    await insert(ids[7]!, NOW - MINUTE);
    await insert(ids[8]!, NOW - MINUTE);
    const expected = await byBruteForce();
    expect(expected).toMatchObject({ host: 'h8', time: date(NOW - MINUTE) });
    expect((await ask(past)).newest).toEqual(expected);
    await sql('UPDATE settled_past SET guarded_until = now(), raw = now()');
    const again = await ask(past);
    expect(again.newest).toEqual(expected);
    expect((await ask(again.past ?? past)).newest).toEqual(expected);
  });

  test('is found where all came back with more samples than are gone through', async () => {
    const { past } = await ask();
    const since = NOW - 4 * MINUTE;
    for (const [nth, id] of ids.entries()) {
      await sql(
        `INSERT INTO samples SELECT $2::timestamptz + n * INTERVAL '1 s', $1, n FROM generate_series(1, $3::int) AS n`,
        [id, date(since), 20 + ((nth * 7) % 100)],
      );
    }
    const again = await ask(past);
    expect(again.newest).toEqual(await byBruteForce());
  });
});

const change = fc.oneof(
  fc.record({
    kind: fc.constant('insert' as const),
    nth: fc.nat(HOSTS - 1),
    age: fc.constantFrom(
      0,
      MINUTE,
      4 * MINUTE,
      10 * MINUTE,
      HOUR,
      3 * DAY,
      9 * DAY,
      16 * DAY,
      20 * DAY,
      20 * DAY + 1,
      22 * DAY,
    ),
  }),
  fc.record({ kind: fc.constant('delete' as const), nth: fc.nat(HOSTS - 1) }),
  fc.record({ kind: fc.constant('add' as const), age: fc.constantFrom(MINUTE, HOUR, 16 * DAY, 21 * DAY) }),
  fc.record({
    kind: fc.constantFrom('settle' as const, 'settle later' as const, 'compress' as const, 'talk' as const),
  }),
  fc.record({ kind: fc.constant('rack' as const), nth: fc.nat(HOSTS - 1) }),
);

async function apply(it: typeof change extends fc.Arbitrary<infer Change> ? Change : never): Promise<void> {
  if (it.kind === 'insert') await insert(ids[it.nth]!, NOW - it.age);
  if (it.kind === 'delete') {
    await sql(
      `DELETE FROM samples WHERE series_id = $1
          AND time = (SELECT max(time) FROM samples WHERE series_id = $1)`,
      [ids[it.nth]],
    );
  }
  if (it.kind === 'add') await insert(await addSeries(`added ${step}`), NOW - it.age);
  if (it.kind === 'settle') await settle(engine);
  if (it.kind === 'settle later') {
    // As rounds some minutes from now will have it.
    await sql('UPDATE settled_past SET guarded_until = now(), raw = now()');
    await sql('UPDATE past_changes SET refreshed = true');
  }
  if (it.kind === 'compress') await compressOld();
  if (it.kind === 'talk') await insert(ids[0]! + 1, NOW - MINUTE);
  if (it.kind === 'rack') {
    await sql(`UPDATE series SET labels = '{"rack": "2"}' WHERE id = $1`, [ids[it.nth]]);
  }
}

it('is always that of a search through everything, whatever happens in between', async () => {
  let rested = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 10, maxLength: 25 }), async (changes) => {
      await fill();
      const pasts = new Map<string | undefined, NewestPast>();
      for (const each of changes) {
        await apply(each);
        for (const rack of [undefined, '0', '2']) {
          const matchers: [string, string][] = rack === undefined ? [] : [['rack', rack]];
          const { newest, past } = await ask(pasts.get(rack), matchers);
          expect(newest).toEqual(await byBruteForce(rack));
          if (past === undefined) continue;
          pasts.set(rack, past);
          const before = await byBruteForce(rack, past.until);
          expect([new Date(String(past.time)), past.value]).toEqual([before?.time, before?.value]);
        }
        const known = pasts.get(undefined);
        if (known !== undefined && (await restsOn(known))) rested++;
      }
    }),
    { numRuns: RUNS },
  );
  expect(rested).toBeGreaterThan(0);
});
