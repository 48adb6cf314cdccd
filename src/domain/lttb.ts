import { badField } from '../errors.ts';
import { createBucketMeans, selectLttb } from './lttb-select.ts';

/** Two columns of one length: epoch milliseconds, strictly ascending, and finite values. */
export interface Columns {
  readonly times: Float64Array<ArrayBuffer>;
  readonly values: Float64Array<ArrayBuffer>;
}

/**
 * Downsamples to `n` points by Largest Triangle Three Buckets: both ends, and of each bucket (of index) the point
 * with the largest triangle. The choice is that of the reference implementation (Steinarsson 2013), exact for epoch
 * milliseconds, in time proportional to the length; nothing is allocated for each point read.
 *
 * @param n number of points to keep; the input itself is given back where it has no more
 * @returns new columns of `n` points, each one of the input's, in order
 * @throws HyperdashError BAD_REQUEST where `n` is not a whole number of at least 2
 * @throws RangeError where the columns differ in length
 */
export function lttb(times: Columns['times'], values: Columns['values'], n: number): Columns {
  checkColumns(times, values, n);
  if (n >= times.length) return { times, values };
  const chosen = new Uint32Array(n);
  selectLttb(times, values, 0, times.length, n, createBucketMeans(n), chosen, 0);
  return gather(times, values, chosen, n);
}

/**
 * The checks that every downsampling begins with.
 * @throws HyperdashError BAD_REQUEST where `n` is not a whole number of at least 2
 * @throws RangeError where the columns differ in length
 */
export function checkColumns(times: Float64Array, values: Float64Array, n: number): void {
  if (!Number.isSafeInteger(n) || n < 2) {
    throw badField('points', 'must be a whole number of at least 2');
  }
  if (times.length !== values.length) throw new RangeError('times and values must have the same length');
}

/** New columns of the first `count` chosen indexes. */
export function gather(
  times: Float64Array,
  values: Float64Array,
  chosen: Uint32Array,
  count: number,
): Columns {
  const keptTimes = new Float64Array(count);
  const keptValues = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    keptTimes[i] = times[chosen[i]!]!;
    keptValues[i] = values[chosen[i]!]!;
  }
  return { times: keptTimes, values: keptValues };
}
