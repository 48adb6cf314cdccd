import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listHosts } from '../../src/store/hosts.ts';
import { latestSample } from '../../src/store/latest-sample.ts';
import { applyLifecycle } from '../../src/store/lifecycle.ts';
import { openTestEngine, type TestEngine } from '../support/engine.ts';
import { DAY, HOUR, SETTINGS, stopScheduler } from '../support/lifecycle.ts';

/** A series as it is made up: its host and label, and its samples, before and after chunks are compressed. */
interface MadeSeries {
  readonly host: string;
  readonly rack: string;
  readonly early: readonly number[];
  readonly late: readonly number[];
}

const NOW = Math.floor(Date.now() / HOUR) * HOUR;
/** Few instants, so that many series share their newest; some in chunks that are compressed. */
const AGES = [0, 1, 1000, HOUR, DAY, 3 * DAY, 9 * DAY, 16 * DAY, 16 * DAY + 1, 23 * DAY, 27 * DAY];

const ages = fc.array(fc.constantFrom(...AGES), { maxLength: 3 });
const series = fc.record<MadeSeries>({
  host: fc.constantFrom('a', 'b', 'c', 'd'),
  rack: fc.constantFrom('1', '2'),
  early: ages,
  late: fc.oneof({ weight: 4, arbitrary: fc.constant<number[]>([]) }, { weight: 1, arbitrary: ages }),
});

describe('the newest sample', () => {
  let engine: TestEngine;
  let metrics = 0;

  const query = async (sql: string, values: unknown[] = []) => (await engine.pool.query(sql, values)).rows;

  /** Stores series under a metric of their own, in order of their ids; each label set is made distinct. */
  async function store(made: readonly MadeSeries[], prefix = ''): Promise<{ metric: string; ids: number[] }> {
    const metric = `m${metrics++}`;
    const rows = await query(
      `INSERT INTO series (metric_name, host, labels)
       SELECT $1, host, jsonb_build_object('rack', rack, 'nth', nth::text)
         FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS made (host, rack, nth) ORDER BY nth RETURNING id`,
      [metric, made.map(({ host }) => prefix + host), made.map(({ rack }) => rack)],
    );
    const ids = rows.map(({ id }) => id as number);
    await insert(
      ids,
      made.map(({ early }) => early),
    );
    await query(
      `SELECT compress_chunk(chunk) FROM show_chunks('samples', older_than => $1::timestamptz) AS chunk`,
      [new Date(NOW - 8 * DAY)],
    );
    await insert(
      ids,
      made.map(({ late }) => late),
    );
    return { metric, ids };
  }

  const insert = (ids: readonly number[], agesOf: readonly (readonly number[])[]) =>
    query(
      `INSERT INTO samples (time, series_id, value)
       SELECT to_timestamp(ms / 1000), id, ms + id FROM unnest($1::float8[], $2::int[]) AS made (ms, id)
       ON CONFLICT DO NOTHING`,
      [agesOf.flat().map((age) => NOW - age), agesOf.flatMap((each, i) => each.map(() => ids[i]))],
    );

  /** By brute force: the index of the first series that has the newest sample, and its time. */
  function newestOf(made: readonly MadeSeries[], selected: (made: MadeSeries) => boolean) {
    const times = made.map((each) =>
      selected(each) ? NOW - Math.min(...each.early, ...each.late, Number.POSITIVE_INFINITY) : -Infinity,
    );
    const newest = Math.max(...times);
    return Number.isFinite(newest) ? { index: times.indexOf(newest), time: new Date(newest) } : undefined;
  }

  async function expectNewest(made: readonly MadeSeries[], stored: { metric: string; ids: number[] }) {
    const selections = [
      { selector: {}, selected: () => true },
      { selector: { host: 'b' }, selected: ({ host }: MadeSeries) => host === 'b' },
      { selector: { matchers: [['rack', '2']] as const }, selected: ({ rack }: MadeSeries) => rack === '2' },
    ];
    for (const { selector, selected } of selections) {
      const { newest: found } = await latestSample(
        engine,
        { metricName: stored.metric, matchers: [], ...selector },
        { past: undefined, retentionMs: 30 * DAY },
      );
      const expected = newestOf(made, selected);
      expect(found).toEqual(
        expected && {
          metric_name: stored.metric,
          host: made[expected.index]!.host,
          labels: { rack: made[expected.index]!.rack, nth: String(expected.index + 1) },
          time: expected.time,
          value: expected.time.getTime() + stored.ids[expected.index]!,
        },
      );
    }
  }

  beforeAll(async () => {
    engine = await openTestEngine();
    await stopScheduler(engine);
    await applyLifecycle(engine, SETTINGS);
  });
  afterAll(() => engine?.close());

  it('is that of a search through everything, in compressed chunks, beside late samples and series without any', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(series, { minLength: 1, maxLength: 100 }), async (made) => {
        await expectNewest(made, await store(made));
      }),
      { numRuns: 20 },
    );
  });

  it('is found where most series are many samples ahead of those that are looked at first', async () => {
    const ahead = Array.from({ length: 50 }, (_, i) => 2 * HOUR + i * 1000);
    for (const behind of [0, 1, 2, 3]) {
      const made = Array.from({ length: 120 }, (_, i): MadeSeries => {
        const early = i % 4 === behind ? [16 * DAY] : [...ahead, HOUR + ((i * 7) % 120)];
        return { host: 'a', rack: '1', early, late: [] };
      });
      await expectNewest(made, await store(made));
    }
  });

  it('is found where those that are looked at first have no samples at all', async () => {
    for (const without of [0, 1, 2, 3]) {
      const made = Array.from({ length: 120 }, (_, i): MadeSeries => {
        const early = i % 4 === without ? [] : [9 * DAY + ((i * 7) % 120)];
        return { host: 'a', rack: '1', early, late: [] };
      });
      await expectNewest(made, await store(made));
    }
  });

  it('is found where one of many series that fell silent together came back, in a newer chunk of any kind', async () => {
    for (const nth of [0, 1, 63, 119]) {
      for (const back of [{ late: [HOUR] }, { late: [9 * DAY] }, { early: [16 * DAY, 9 * DAY] }]) {
        const made = Array.from({ length: 120 }, (_, i): MadeSeries => {
          const silent = { host: 'a', rack: '1', early: [16 * DAY], late: [] };
          return i === nth ? { ...silent, ...back } : silent;
        });
        await expectNewest(made, await store(made));
      }
    }
  });

  it('is that of the metric asked for, where its series stand between those of one that did not fall silent', async () => {
    const rows = await query(
      `INSERT INTO series (metric_name, host)
       SELECT metric, 'host-' || nth FROM generate_series(1, 100) AS nth, unnest($1::text[]) AS metric
        ORDER BY nth, metric RETURNING id, metric_name`,
      [['silent among others', 'talkative']],
    );
    const idsOf = (metric: string) => rows.filter((row) => row.metric_name === metric).map(({ id }) => id);
    await insert(
      idsOf('silent among others'),
      Array.from({ length: 100 }, () => [16 * DAY]),
    );
    await insert(
      idsOf('talkative'),
      Array.from({ length: 100 }, () => [HOUR]),
    );
    const newest = async (metricName: string) => {
      const known = { past: undefined, retentionMs: 30 * DAY };
      return (await latestSample(engine, { metricName, matchers: [] }, known)).newest;
    };
    expect(await newest('silent among others')).toMatchObject({
      time: new Date(NOW - 16 * DAY),
      host: 'host-1',
    });
    expect(await newest('talkative')).toMatchObject({ time: new Date(NOW - HOUR), host: 'host-1' });
  });

  it('is told for each host, null for one without samples', async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(series, { minLength: 1, maxLength: 60 }), async (made) => {
        const prefix = `${runs++} `;
        await store(made, prefix);
        const hosts = (await listHosts(engine)).filter(({ host }) => host.startsWith(prefix));
        const names = [...new Set(made.map(({ host }) => host))].sort();
        expect(hosts).toEqual(
          names.map((name) => ({
            host: prefix + name,
            series: made.filter(({ host }) => host === name).length,
            last_seen: newestOf(made, ({ host }) => host === name)?.time ?? null,
          })),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('is told for each host where most have more samples since then than are gone through', async () => {
    const often = Array.from({ length: 100 }, (_, i) => i * 100);
    const made = Array.from({ length: 800 }, (_, i): MadeSeries => {
      const early = i % 8 === 0 ? [50_000] : often.map((age) => age + (i % 7));
      return { host: `host-${i % 100}`, rack: '1', early, late: [] };
    });
    await store(made, 'often ');
    const hosts = (await listHosts(engine)).filter(({ host }) => host.startsWith('often '));
    expect(new Map(hosts.map(({ host, last_seen }) => [host, last_seen]))).toEqual(
      new Map(
        made.map(({ host }) => [`often ${host}`, newestOf(made, (each) => each.host === host)?.time ?? null]),
      ),
    );
  });
});
