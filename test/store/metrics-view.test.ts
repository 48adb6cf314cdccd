import { readFile } from 'node:fs/promises';
import superjson from 'superjson';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../src/store/migrate.ts';
import { openTestEngine, type TestEngine } from '../support/engine.ts';

describe('INSERT INTO metrics', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await openTestEngine();
  });
  afterAll(() => engine.close());

  const insert = (values: string) =>
    engine.pool.query(`INSERT INTO metrics (time, host, metric_name, labels, value) VALUES ${values}`);
  const read = async (metric: string) => {
    const { rows } = await engine.pool.query(
      'SELECT host, labels, value FROM metrics WHERE metric_name = $1 ORDER BY time, host',
      [metric],
    );
    return rows;
  };

  it('takes rows of many series, at now and without labels where nothing is said', async () => {
    const { rowCount } = await insert(
      `(NULL, 'a', 'many', NULL, 1), (NULL, 'b', 'many', '{"mount": "/var"}', 2), (NULL, 'c', 'many', '{"x": ""}', 3)`,
    );
    expect(rowCount).toBe(3);
    expect(await read('many')).toEqual([
      { host: 'a', labels: {}, value: 1 },
      { host: 'b', labels: { mount: '/var' }, value: 2 },
      { host: 'c', labels: {}, value: 3 },
    ]);
    const { rows } = await engine.pool.query(`SELECT count(*) AS n FROM series WHERE metric_name = 'many'`);
    expect(rows).toEqual([{ n: 3 }]);
  });

  it('keeps the first of two samples at one time, and counts the second as nothing', async () => {
    const { rowCount } = await insert(
      `(date_trunc('hour', now()), 'a', 'twice', '{}', 1), (date_trunc('hour', now()), 'a', 'twice', '{}', 2)`,
    );
    expect(rowCount).toBe(1);
    expect(await read('twice')).toEqual([{ host: 'a', labels: {}, value: 1 }]);
  });

  it('shows a sample in every rollup at once', async () => {
    await insert(`(now() - interval '1 s', 'a', 'fresh', '{}', 1), (now(), 'a', 'fresh', '{}', 5)`);
    for (const view of ['metrics_1hour', 'metrics_daily']) {
      const { rows } = await engine.pool.query(
        `SELECT sum(value * count) / sum(count) AS value, sum(sum) AS sum, sum(count)::int AS count, min(min) AS min,
                max(max) AS max, last(last, time) AS last
         FROM ${view} WHERE metric_name = 'fresh'`,
      );
      expect(rows).toEqual([{ value: 3, sum: 6, count: 2, min: 1, max: 5, last: 5 }]);
    }
  });

  it('has sums saturate, so that the largest values do not fail a rollup', async () => {
    await insert(`(now() - interval '1 s', 'a', 'huge', '{}', 1.7e308), (now(), 'a', 'huge', '{}', 1.7e308)`);
    const { rows } = await engine.pool.query(
      `SELECT max(max) AS max, max(sum) < 'Infinity' AS finite FROM metrics_daily WHERE metric_name = 'huge'`,
    );
    expect(rows).toEqual([{ max: 1.7e308, finite: true }]);
  });

  it('takes labels that are longer than an index row may be', async () => {
    const labels = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`label-${i}`, randomText(1000)]));
    for (const value of [1, 2]) {
      await engine.pool.query(
        `INSERT INTO metrics (time, host, metric_name, labels, value) VALUES (now() - $2 * interval '1 s', 'a', 'long', $1, $2)`,
        [labels, value],
      );
    }
    expect(await read('long')).toEqual([
      { host: 'a', labels, value: 2 },
      { host: 'a', labels, value: 1 },
    ]);
  });

  it.each([
    [`(now(), '', 'bad', '{}', 1)`, '23514', 'host_has_1_to_200_printable_characters'],
    [`(now(), E'a\\tb', 'bad', '{}', 1)`, '23514', 'host_has_1_to_200_printable_characters'],
    [`(now(), E'\\u0085', 'bad', '{}', 1)`, '23514', 'host_has_1_to_200_printable_characters'],
    [`(now(), repeat('x', 201), 'bad', '{}', 1)`, '23514', 'host_has_1_to_200_printable_characters'],
    [`(now(), 'a', '', '{}', 1)`, '23514', 'metric_name_has_1_to_200_printable_characters'],
    [`(now(), 'a', 'bad', '[]', 1)`, '23514', 'labels_are_at_most_64_printable_strings_by_name'],
    [`(now(), 'a', 'bad', '{"x": 1}', 1)`, '23514', 'labels_are_at_most_64_printable_strings_by_name'],
    [`(now(), 'a', 'bad', '{"": "x"}', 1)`, '23514', 'labels_are_at_most_64_printable_strings_by_name'],
    [
      `(now(), 'a', 'bad', '{"constructor": "x"}', 1)`,
      '23514',
      'labels_are_at_most_64_printable_strings_by_name',
    ],
    [
      `(now(), 'a', 'bad', '{"prototype": "x"}', 1)`,
      '23514',
      'labels_are_at_most_64_printable_strings_by_name',
    ],
    [
      `(now(), 'a', 'bad', '{"__proto__": "x"}', 1)`,
      '23514',
      'labels_are_at_most_64_printable_strings_by_name',
    ],
    [`(now(), 'a', 'bad', '{}', 'NaN')`, '23514', 'value_is_finite'],
    [`(now(), 'a', 'bad', '{}', 'Infinity')`, '23514', 'value_is_finite'],
    [`(now(), 'a', 'bad', '{}', '-Infinity')`, '23514', 'value_is_finite'],
    [`('infinity', 'a', 'bad', '{}', 1)`, '23514', 'time_is_between_1970_and_9999'],
    [`(now() - interval '31 days', 'a', 'bad', '{}', 1)`, '22023', 'RETAIN_RAW'],
    [`(now(), NULL, 'bad', '{}', 1)`, '23502', 'host'],
    [`(now(), 'a', 'bad', '{}', NULL)`, '23502', 'value'],
  ])('refuses %s', async (values, code, words) => {
    await expect(insert(values)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    expect(await read('bad')).toEqual([]);
  });

  it('makes one series of many sessions that name it first at once', async () => {
    await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        insert(`(now() - ${i} * interval '1 s', 'a', 'contended', '{"l": "x"}', ${i})`),
      ),
    );
    const { rows } = await engine.pool.query(
      `SELECT count(*) AS n FROM series WHERE metric_name = 'contended'`,
    );
    expect(rows).toEqual([{ n: 1 }]);
    expect(await read('contended')).toHaveLength(8);
  });

  it('renames the labels of series stored before these names were refused, so that every answer can be written', async () => {
    const constraint = 'labels_are_at_most_64_printable_strings_by_name';
    await engine.pool.query(`ALTER TABLE series DROP CONSTRAINT ${constraint}`);
    await insert(
      `(now(), 'a', 'older', '{"constructor": "x", "rack": "1"}', 1),
       (now(), 'b', 'older', '{"__proto__": "y", "prototype": "z"}', 2)`,
    );
    await engine.pool.query(
      await readFile(new URL('../../sql/0012_label_names.sql', import.meta.url), 'utf8'),
    );
    await engine.pool.query(`ALTER TABLE series ADD CONSTRAINT ${constraint} CHECK (are_labels(labels))`);
    expect(await read('older')).toEqual([
      { host: 'a', labels: { label_constructor: 'x', rack: '1' }, value: 1 },
      { host: 'b', labels: { label___proto__: 'y', label_prototype: 'z' }, value: 2 },
    ]);
    for (const { labels } of await read('older')) expect(() => superjson.stringify({ labels })).not.toThrow();
  });

  it('finds nothing left to migrate', async () => {
    expect(await migrate(engine)).toEqual([]);
  });
});

/** Text that does not compress. */
function randomText(length: number): string {
  return Array.from({ length }, () => String.fromCharCode(0x4e00 + Math.floor(Math.random() * 20_000))).join(
    '',
  );
}
