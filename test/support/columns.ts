import fc from 'fast-check';
import type { Columns } from '../../src/domain/lttb.ts';

/** Columns of [time, value] pairs. */
export function columnsOf(pairs: readonly (readonly [number, number])[]): Columns {
  return {
    times: Float64Array.from(pairs, ([time]) => time),
    values: Float64Array.from(pairs, ([, value]) => value),
  };
}

/** The pairs of columns. */
export function pairsOf({ times, values }: Columns): [number, number][] {
  return Array.from(times, (time, i) => [time, values[i]!]);
}

/** Strictly ascending times from `first` on, with spacings of 1 … `maxSpacing` whole milliseconds. */
export function ascendingTimes(minLength: number, maxLength: number, first: number, maxSpacing: number) {
  return fc.array(fc.integer({ min: 1, max: maxSpacing }), { minLength, maxLength }).map((spacings) => {
    let time = first;
    return Float64Array.from(spacings, (spacing, i) => {
      if (i > 0) time += spacing;
      return time;
    });
  });
}

/** Columns whose values come from one of: few distinct values (ties), a walk, any finite double of normal size. */
export function anyColumns(minLength: number, maxLength: number, first = 1_764_669_600_000) {
  const value = fc.oneof(
    fc.constant(fc.integer({ min: 0, max: 3 }).map(Number)),
    fc.constant(fc.double({ min: -1e6, max: 1e6, noNaN: true })),
    fc.constant(fc.double({ min: -1e140, max: 1e140, noNaN: true })),
    fc.constant(fc.double({ min: -1e-140, max: 1e-140, noNaN: true })),
    fc.constant(fc.constant(7.25)),
  );
  return fc
    .tuple(
      ascendingTimes(minLength, maxLength, first, 100_000),
      value.chain((one) => fc.array(one, { minLength: maxLength, maxLength })),
    )
    .map(([times, values]): Columns => ({ times, values: Float64Array.from(values.slice(0, times.length)) }));
}
