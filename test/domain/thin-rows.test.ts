import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Aligned, align } from '../../src/domain/align.ts';
import { lttb } from '../../src/domain/lttb.ts';
import { thinRows } from '../../src/domain/thin-rows.ts';

const STEP_MS = 10_000;

/** Aligned lines of rows 10 s apart; null is nothing, and min and max are the value. */
function linesOf(...lines: (number | null)[][]): Aligned {
  const rows = lines.flatMap((line, l) =>
    line.flatMap((value, row) => (value === null ? [] : [{ l, time: row * STEP_MS, value }])),
  );
  const values = Float64Array.from(rows, ({ value }) => value);
  return align(
    {
      lines: Float64Array.from(rows, ({ l }) => l),
      times: Float64Array.from(rows, ({ time }) => time),
      values,
      min: values.slice(),
      max: values.slice(),
    },
    lines.length,
  );
}

function contextOf(rows: number) {
  return { bucketMs: null, rangeMs: rows * STEP_MS };
}

const line = (length: number) =>
  fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
    {
      minLength: length,
      maxLength: length,
    },
  );

const someLines = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 200 }))
  .chain(([count, length]) => fc.array(line(length), { minLength: count, maxLength: count }));

describe('aligning', () => {
  test('gives each line its rows at the union of all times, and NaN elsewhere', () => {
    const { times, lines } = linesOf([1, null, 3], [null, 5, 6]);
    expect([...times]).toEqual([0, 10_000, 20_000]);
    expect([...lines[0]!.values]).toEqual([1, Number.NaN, 3]);
    expect([...lines[1]!.max]).toEqual([Number.NaN, 5, 6]);
  });
});

describe('thinning', () => {
  test('of one line is LTTB', () => {
    const values = Array.from({ length: 1000 }, (_, i) => Math.sin(i / 40) * 10 + (i % 7));
    const whole = linesOf(values);
    const expected = lttb(whole.times, whole.lines[0]!.values, 50);
    const thinned = thinRows(whole, 50, contextOf(1000));
    expect(thinned.times).toEqual(expected.times);
    expect(thinned.lines[0]!.values).toEqual(expected.values);
  });

  test('keeps the spike of one line among many in its band', () => {
    const flat = Array.from({ length: 2000 }, (_, i) => 50 + (i % 3));
    const spiky = flat.map((value, i) => (i === 1234 ? 999 : i === 700 ? -999 : value));
    const lines = [flat, flat, spiky, ...Array.from({ length: 17 }, () => flat)];
    const thinned = thinRows(linesOf(...lines), 100, contextOf(2000));
    expect(thinned.times.length).toBeLessThanOrEqual(100);
    expect(Math.max(...thinned.lines[2]!.max)).toBe(999);
    expect(Math.min(...thinned.lines[2]!.min)).toBe(-999);
    expect(Math.max(...thinned.lines[1]!.max)).toBe(52);
  });

  test('puts a row of nothing into a gap that all lines have, and none where one of them goes on', () => {
    const all = Array.from({ length: 300 }, (_, i) => (i >= 100 && i < 200 ? null : i));
    const one = Array.from({ length: 300 }, (_, i) => i);
    const both = thinRows(linesOf(all, all), 60, contextOf(300));
    const blank = [...both.times.keys()].filter((row) =>
      both.lines.every(({ values }) => Number.isNaN(values[row]!)),
    );
    expect(blank).toHaveLength(1);
    expect(both.times[blank[0]! - 1]).toBe(99 * STEP_MS);
    expect(both.times[blank[0]! + 1]).toBe(200 * STEP_MS);
    const beside = thinRows(linesOf(all, one), 60, contextOf(300));
    expect(beside.lines[1]!.values.some(Number.isNaN)).toBe(false);
    expect(beside.lines[0]!.values.some(Number.isNaN)).toBe(true);
  });

  test('never gives more rows than asked, keeps times ascending and every line within its extremes', () => {
    fc.assert(
      fc.property(someLines, fc.integer({ min: 2, max: 120 }), (lines, n) => {
        const whole = linesOf(...lines);
        fc.pre(whole.times.length > 0);
        const thinned = thinRows(whole, n, contextOf(lines[0]!.length));
        expect(thinned.times.length).toBeLessThanOrEqual(Math.max(n, 2));
        for (let row = 1; row < thinned.times.length; row++) {
          expect(thinned.times[row]!).toBeGreaterThan(thinned.times[row - 1]!);
        }
        for (const [l, { min, max, values }] of thinned.lines.entries()) {
          const given = lines[l]!.filter((value) => value !== null);
          const seen = [...max].filter((value) => !Number.isNaN(value));
          expect(seen.length > 0 ? Math.max(...seen) : undefined).toBe(
            given.length > 0 ? Math.max(...given) : undefined,
          );
          for (const [row, value] of values.entries()) {
            if (Number.isNaN(value)) continue;
            expect(given).toContain(value);
            expect(min[row]!).toBeLessThanOrEqual(value);
            expect(max[row]!).toBeGreaterThanOrEqual(value);
          }
        }
      }),
    );
  });
});
