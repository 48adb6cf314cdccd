import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestEngine, type TestEngine } from '../support/engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine.close());

const CHARACTERS = [
  'a',
  'é',
  '😀',
  '"',
  '\\',
  '%',
  "'",
  '\u00a0',
  '\u2028',
  '\n',
  '\u0001',
  '\u007f',
  '\u009f',
];
const KEYS = ['', '__proto__', 'constructor', 'prototype', ...texts([200, 201])];
const VALUES = ['', 1, true, null, [], ['a'], {}, { a: 'b' }, ...texts([1000, 1001])];
const COUNTS = [0, 63, 64, 65];
const NO_OBJECTS = [[], ['a'], [{ a: 'b' }], 'a', 1, null];

function texts(lengths: readonly number[]): string[] {
  const long = ['a', '😀', '"'].flatMap((character) => lengths.map((length) => character.repeat(length)));
  return [...CHARACTERS, ...CHARACTERS.map((character) => `k${character}z`), ...long];
}

/** By entries, since an object has no own `__proto__` by assignment. */
function candidates(): string[] {
  const one = KEYS.flatMap((key) => VALUES.map((value) => [[key, value]]));
  const two = one.map(([entry]) => [['ok', 'fine'], entry!]);
  const many = COUNTS.map((count) => Array.from({ length: count }, (_, i) => [`k${i}`, 'v']));
  const objects = [...one, ...two, ...many].map((entries) => Object.fromEntries(entries));
  return [...objects, ...NO_OBJECTS].map((candidate) => JSON.stringify(candidate));
}

describe('the check of labels', () => {
  test('agrees with looking at them one by one', async () => {
    const { rows } = await engine.pool.query<{ fine: number; faulty: number; disagree: string[] }>(
      `SELECT count(*) FILTER (WHERE expected) AS fine,
              count(*) FILTER (WHERE NOT expected) AS faulty,
              coalesce(array_agg(left(labels::text, 80)) FILTER (WHERE are_labels(labels) <> expected), '{}') AS disagree
         FROM (SELECT labels, CASE WHEN jsonb_typeof(labels) = 'object' THEN are_labels_one_by_one(labels) ELSE false END
                 FROM jsonb_array_elements($1::jsonb) AS labels) AS checked (labels, expected)`,
      [`[${candidates().join()}]`],
    );
    expect(rows[0]!.disagree).toEqual([]);
    expect(rows[0]!.fine).toBeGreaterThan(500);
    expect(rows[0]!.faulty).toBeGreaterThan(500);
  });
});
