import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gapMsFor, typicalSpacingMs } from '../../src/domain/gap-rule.ts';
import { type Columns, lttb } from '../../src/domain/lttb.ts';
import { downsample } from '../../src/domain/lttb-gaps.ts';
import { anyColumns, pairsOf } from '../support/columns.ts';

const START_MS = 1_764_669_600_000;

/** Both edges of every gap, as indexes. */
function edgesOf(times: Float64Array, gapMs: number): Set<number> {
  const edges = new Set([0, times.length - 1]);
  for (let i = 1; i < times.length; i++) {
    if (times[i]! - times[i - 1]! > gapMs) edges.add(i - 1).add(i);
  }
  return edges;
}

/** A steady sine with the indexes of `missing` left out. */
function sine(length: number, spacingMs: number, missing: (i: number) => boolean): Columns {
  const indexes = Array.from({ length }, (_, i) => i).filter((i) => !missing(i));
  return {
    times: Float64Array.from(indexes, (i) => START_MS + i * spacingMs),
    values: Float64Array.from(indexes, (i) => Math.sin(i / 20) * 50),
  };
}

describe('downsample', () => {
  test('is lttb where there is no gap', () => {
    fc.assert(
      fc.property(anyColumns(2, 200), fc.integer({ min: 2, max: 100 }), ({ times, values }, n) => {
        const expected = lttb(times, values, n);
        expect(downsample(times, values, n)).toEqual(expected);
        expect(downsample(times, values, n, { gapMs: 100_000 })).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  test('keeps order, ends and the budget, and every edge where all fit', () => {
    const gapMs = fc.integer({ min: 1, max: 110_000 });
    fc.assert(
      fc.property(anyColumns(2, 200), fc.integer({ min: 2, max: 150 }), gapMs, (columns, n, gap) => {
        const { times, values } = columns;
        const kept = downsample(times, values, n, { gapMs: gap });
        expect(kept.times.length).toBe(Math.min(n, times.length));
        expect([kept.times[0], kept.times.at(-1)]).toEqual([times[0], times.at(-1)]);
        const valueAt = new Map(pairsOf(columns));
        kept.times.forEach((time, i) => {
          if (i > 0) expect(time).toBeGreaterThan(kept.times[i - 1]!);
          expect(kept.values[i]).toBe(valueAt.get(time));
        });
        const edges = edgesOf(times, gap);
        if (edges.size <= n) {
          const times_ = new Set(kept.times);
          for (const i of edges) expect(times_.has(times[i]!)).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('keeps the edges of the largest gaps where not all fit', () => {
    // 100 stretches of 10 s samples; the holes of 7 indexes are longer than all others.
    const wide = new Set([17, 40, 71]);
    const times: number[] = [];
    let time = START_MS;
    for (let stretch = 0; stretch < 100; stretch++) {
      for (let i = 0; i < 10; i++) {
        time += 10_000;
        times.push(time);
      }
      time += wide.has(stretch) ? 900_000 : 60_000;
    }
    const column = Float64Array.from(times);
    const kept = new Set(downsample(column, column.map(Math.sin), 8, { gapMs: 30_000 }).times);
    expect(kept.size).toBe(8);
    for (const stretch of wide) {
      expect(kept.has(times[stretch * 10 + 9]!)).toBe(true);
      expect(kept.has(times[stretch * 10 + 10]!)).toBe(true);
    }
  });

  test('keeps the earlier of equally large gaps where not all fit', () => {
    const times = Float64Array.from({ length: 40 }, (_, i) => i * 1000 + Math.floor(i / 10) * 60_000);
    const kept = downsample(times, times.slice(), 4, { gapMs: 5000 });
    expect([...kept.times]).toEqual([times[0], times[9], times[10], times[39]]);
  });

  test('keeps a sample that stands alone between two gaps once', () => {
    const { times, values } = sine(300, 1000, (i) => (i > 100 && i < 150) || (i > 150 && i < 200));
    const kept = downsample(times, values, 50, { gapMs: 5000 });
    expect(kept.times.filter((time) => time === START_MS + 150_000)).toHaveLength(1);
    expect(kept.times).toHaveLength(50);
  });

  test('shares the budget by the length of the stretches', () => {
    const { times, values } = sine(4000, 1000, (i) => i >= 1000 && i < 2000);
    const kept = downsample(times, values, 100, { gapMs: 60_000 }).times;
    const early = kept.filter((time) => time < START_MS + 1_500_000).length;
    expect(early).toBeGreaterThanOrEqual(33);
    expect(early).toBeLessThanOrEqual(35);
  });

  test('refuses n below 2', () => {
    expect(() => downsample(new Float64Array(9), new Float64Array(9), 1, { gapMs: 1 })).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST' }),
    );
  });
});

describe('gapMsFor', () => {
  test('parts the points of steady samples at every gap, and nowhere that no sample is missing', () => {
    const steady = fc.record({
      length: fc.integer({ min: 2, max: 3000 }),
      spacingMs: fc.constantFrom(1000, 10_000, 60_000),
      n: fc.integer({ min: 3, max: 400 }),
      holes: fc.array(
        fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 400 })),
        {
          maxLength: 12,
        },
      ),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(steady, ({ length, spacingMs, n, holes, seed }) => {
        const missing = (i: number) =>
          holes.some(([at, width]) => i > Math.floor(at * length) && i <= Math.floor(at * length) + width);
        const { times } = sine(length, spacingMs, missing);
        const values = times.map((_, i) => Math.sin(i * (seed % 97)) * 100);
        const gapMs = gapMsFor(times, n, { bucketMs: null, rangeMs: length * spacingMs });
        const kept = downsample(times, values, n, { gapMs }).times;
        const breaks = new Map<number, number>();
        for (let i = 1; i < kept.length; i++) {
          if (kept[i]! - kept[i - 1]! > gapMs) breaks.set(kept[i - 1]!, kept[i]!);
        }
        for (let i = 1; i < times.length; i++) {
          if (times[i]! - times[i - 1]! > gapMs) expect(breaks.get(times[i - 1]!)).toBe(times[i]);
        }
        for (const [before, after] of breaks) {
          const between = times.filter((time) => time >= before && time <= after).length - 1;
          expect(between * spacingMs).toBeLessThan(after - before);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('takes two late or missing samples for a gap, one for none', () => {
    const { times } = sine(300, 10_000, () => false);
    const gapMs = gapMsFor(times, 1000, { bucketMs: null, rangeMs: 3_000_000 });
    expect(gapMs).toBe(25_000);
  });

  test('goes by the bucket where fewer than two points say nothing', () => {
    const gapMs = gapMsFor(new Float64Array([START_MS]), 800, { bucketMs: 60_000, rangeMs: 3_600_000 });
    expect(gapMs).toBe(150_000);
  });

  test('does not break a series that is sparser than the buckets', () => {
    const { times } = sine(200, 300_000, () => false);
    const gapMs = gapMsFor(times, 800, { bucketMs: 60_000, rangeMs: 60_000_000 });
    expect(gapMs).toBeGreaterThan(300_000);
  });

  test('is never below a point of the chart', () => {
    const { times } = sine(100, 1000, () => false);
    expect(gapMsFor(times, 1000, { bucketMs: null, rangeMs: 86_400_000 })).toBe(86_400);
  });

  test('leaves no gap where two points have to do', () => {
    const { times } = sine(100, 1000, (i) => i === 50);
    expect(gapMsFor(times, 2, { bucketMs: null, rangeMs: 100_000 })).toBe(Number.POSITIVE_INFINITY);
  });

  test('is not misled by a few long holes', () => {
    const { times } = sine(10_000, 10_000, (i) => i % 50 > 40);
    expect(typicalSpacingMs(times)).toBe(10_000);
  });
});
