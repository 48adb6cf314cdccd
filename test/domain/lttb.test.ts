import { processData } from 'downsample-lttb';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Columns, lttb } from '../../src/domain/lttb.ts';
import { HyperdashError } from '../../src/errors.ts';
import { anyColumns, columnsOf, pairsOf } from '../support/columns.ts';

/** The reference's choice on times counted from the first, as pairs of the original times. */
function reference(columns: Columns, n: number): [number, number][] {
  const first = columns.times[0] ?? 0;
  const counted = pairsOf(columns).map(([time, value]): [number, number] => [time - first, value]);
  return processData(counted, n).map(([time, value]) => [time + first, value]);
}

function choose(columns: Columns, n: number): [number, number][] {
  return pairsOf(lttb(columns.times, columns.values, n));
}

function walk(length: number, first = 1_764_669_600_000): Columns {
  let value = 50;
  let state = 42;
  const random = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
  const times = new Float64Array(length);
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    times[i] = first + i * 10_000 + Math.floor(random() * 500);
    value += random() - 0.5;
    values[i] = value;
  }
  return { times, values };
}

describe('lttb', () => {
  test('chooses exactly what the reference chooses', () => {
    fc.assert(
      fc.property(anyColumns(3, 120), fc.integer({ min: 3, max: 130 }), (columns, n) => {
        expect(choose(columns, n)).toEqual(reference(columns, n));
      }),
      { numRuns: 5000 },
    );
  });

  test('chooses exactly what the reference chooses of a long column', () => {
    const columns = walk(100_000);
    for (const n of [3, 4, 17, 800, 1000, 9_999, 60_000]) {
      expect(choose(columns, n)).toEqual(reference(columns, n));
    }
  });

  test('chooses the same points of epoch milliseconds as of times counted from zero', () => {
    fc.assert(
      fc.property(anyColumns(3, 200, 0), fc.integer({ min: 2, max: 60 }), (columns, n) => {
        const epoch = columns.times.map((time) => time + 253_000_000_000_000);
        const chosen = lttb(epoch, columns.values, n).times.map((time) => time - 253_000_000_000_000);
        expect(chosen).toEqual(lttb(columns.times, columns.values, n).times);
      }),
      { numRuns: 1000 },
    );
  });

  test('chooses the same points whether times hold microseconds or are whole', () => {
    const columns = walk(5000);
    const fractions = { times: columns.times.map((time) => time + 0.125), values: columns.values };
    expect(choose(fractions, 100)).toEqual(
      choose(columns, 100).map(([time, value]) => [time + 0.125, value]),
    );
  });

  test('takes the first of equally large triangles', () => {
    const columns = columnsOf([
      [0, 0],
      [1, 5],
      [2, 5],
      [3, 5],
      [4, 0],
    ]);
    expect(choose({ times: columns.times, values: columns.values.fill(5) }, 3)).toEqual([
      [0, 5],
      [1, 5],
      [4, 5],
    ]);
  });

  test('takes the first point of every bucket of constant values', () => {
    const times = Float64Array.from({ length: 1000 }, (_, i) => 1_764_669_600_000 + i * 1000);
    const columns = { times, values: new Float64Array(1000).fill(0.1) };
    expect(choose(columns, 50)).toEqual(reference(columns, 50));
  });

  test('drops a single point where n is one below the length', () => {
    for (let length = 4; length < 400; length++) {
      const columns = walk(length);
      const kept = choose(columns, length - 1);
      expect(kept).toHaveLength(length - 1);
      expect(kept).toEqual(reference(columns, length - 1));
    }
  });

  test('keeps both ends for n = 2', () => {
    const columns = walk(100);
    const pairs = pairsOf(columns);
    expect(choose(columns, 2)).toEqual([pairs[0], pairs.at(-1)]);
  });

  test.each([0, 1, 2, 5])('gives a column of %i points back itself', (length) => {
    const columns = walk(length);
    for (const n of [Math.max(length, 2), 1000]) {
      const kept = lttb(columns.times, columns.values, n);
      expect(kept.times).toBe(columns.times);
      expect(kept.values).toBe(columns.values);
    }
  });

  test.each([1, 0, -5, 2.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses n = %d', (n) => {
    const { times, values } = walk(10);
    expect(() => lttb(times, values, n)).toThrow(HyperdashError);
    expect(() => lttb(times, values, n)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });

  test('refuses columns of different lengths', () => {
    expect(() => lttb(new Float64Array(3), new Float64Array(4), 2)).toThrow(RangeError);
  });
});

describe('lttb at the limits of doubles', () => {
  test('chooses by shape where areas overflow', () => {
    const columns = walk(2000);
    const huge = { times: columns.times, values: columns.values.map((value) => value * 2 ** 1010) };
    expect(huge.values.every(Number.isFinite)).toBe(true);
    const expected = lttb(columns.times, columns.values, 100).times;
    expect(lttb(huge.times, huge.values, 100).times).toEqual(expected);
  });

  test('finds a spike of the largest double between the smallest', () => {
    const times = Float64Array.from({ length: 300 }, (_, i) => i * 1000);
    const values = times.map((_, i) => (i % 2 === 0 ? 5e-324 : -5e-324));
    values[137] = Number.MAX_VALUE;
    expect(lttb(times, values, 20).values).toContain(Number.MAX_VALUE);
  });

  test('gives any finite values n different points of the input, in order, with the ends', () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 2, maxLength: 200 }),
        fc.integer({ min: 2, max: 100 }),
        (list, n) => {
          const columns = columnsOf(list.map((one, i) => [1_764_669_600_000 + i * 1000, one]));
          expectSelection(columns, lttb(columns.times, columns.values, n), n);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('gives n different points where values are not numbers, as the reference does not', () => {
    const values = fc.array(fc.constantFrom(Number.NaN, 1, 2, Number.POSITIVE_INFINITY), {
      minLength: 3,
      maxLength: 100,
    });
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 50 }), (list, n) => {
        const columns = columnsOf(list.map((one, i) => [i * 1000, one]));
        expectSelection(columns, lttb(columns.times, columns.values, n), n);
      }),
    );
  });
});

function expectSelection(columns: Columns, kept: Columns, n: number): void {
  const pairs = new Map(pairsOf(columns));
  expect(kept.times).toHaveLength(Math.min(n, columns.times.length));
  expect(kept.times[0]).toBe(columns.times[0]);
  expect(kept.times.at(-1)).toBe(columns.times.at(-1));
  kept.times.forEach((time, i) => {
    if (i > 0) expect(time).toBeGreaterThan(kept.times[i - 1]!);
    expect(kept.values[i]).toBe(pairs.get(time));
  });
}
