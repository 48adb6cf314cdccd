/** Scratch of {@link selectLttb}: a mean time (from the segment's first) and a mean value for each bucket. */
export interface BucketMeans {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** Scratch for selections of at most `n` points. */
export function createBucketMeans(n: number): BucketMeans {
  return { times: new Float64Array(n), values: new Float64Array(n) };
}

/** Where bucket `k` (of index, not of time) begins, counted from the segment's first point. */
function bucketStart(k: number, every: number): number {
  return ((k * every) | 0) + 1;
}

/**
 * Chooses `n` of the points `[from, to)` by Largest Triangle Three Buckets and writes their indexes, ascending, to
 * `chosen[at …]`; all of them where there are no more than `n`.
 *
 * The choice is the reference implementation's for times counted from the segment's first, ties included (the first
 * of the best); areas are compared doubled. Where areas overflow, the choice is made on values scaled by 2⁻⁶⁰⁰; a
 * bucket that holds no comparable area (NaN) gives its first point. Points are never chosen twice.
 *
 * Source: S. Steinarsson, Downsampling Time Series for Visual Representation, 2013, section 4.2.
 *
 * @param n at least 2, unless there is a single point
 * @param means scratch for at least `n` points, overwritten
 * @returns the number of indexes written
 */
export function selectLttb(
  times: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
  n: number,
  means: BucketMeans,
  chosen: Uint32Array,
  at: number,
): number {
  const length = to - from;
  if (length <= n) {
    for (let i = 0; i < length; i++) chosen[at + i] = from + i;
    return length;
  }
  chosen[at] = from;
  chosen[at + n - 1] = to - 1;
  if (n > 2 && !selectInner(times, values, from, to, n, means, chosen, at)) {
    const scaled = values.map((value) => value * SCALE);
    selectInner(times, scaled, from, to, n, means, chosen, at);
  }
  return n;
}

// A power of two: scaling by it is exact, so the order of areas that did not overflow stays.
const SCALE = 2 ** -600;

/** Chooses the `n - 2` points between the ends; false where an area overflowed. */
function selectInner(
  times: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
  n: number,
  means: BucketMeans,
  chosen: Uint32Array,
  at: number,
): boolean {
  const every = (to - from - 2) / (n - 2);
  const origin = times[from]!;
  let exact = true;
  let last = from;
  for (let k = 0; k < n - 2; k++) {
    // Just ahead of their use, while the points are still in the cache.
    if (k % 2 === 0) pairMeans(times, values, from, to, k + 1, every, means);
    const time = times[last]!;
    const value = values[last]!;
    // Against the mean of the next bucket; a point's own distance in time is never larger than this one, so where
    // neither this product nor the chosen area overflows, no area of the bucket did.
    const dTime = time - origin - means.times[k + 1]!;
    const dValue = means.values[k + 1]! - value;
    const begin = from + bucketStart(k, every);
    const end = from + bucketStart(k + 1, every);
    last = largestArea(times, values, begin, end, time, value, dTime, dValue);
    const area = doubledArea(times[last]!, values[last]!, time, value, dTime, dValue);
    if (!Number.isFinite(area) || !Number.isFinite(dTime * dValue)) exact = false;
    chosen[at + k + 1] = last;
  }
  return exact;
}

/** Twice the area of the triangle of (time, value), the point chosen before it and the mean of the next bucket. */
function doubledArea(
  time: number,
  value: number,
  lastTime: number,
  lastValue: number,
  dTime: number,
  dValue: number,
): number {
  return Math.abs(dTime * (value - lastValue) - (lastTime - time) * dValue);
}

/**
 * Means of the buckets `k` and `k + 1`, as far as there are points. Both are summed at once: each in the reference's
 * order, but the processor need not wait for one addition before it begins the next.
 */
function pairMeans(
  times: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
  k: number,
  every: number,
  means: BucketMeans,
): void {
  const origin = times[from]!;
  const first = from + bucketStart(k, every);
  const second = Math.min(from + bucketStart(k + 1, every), to);
  const end = Math.min(from + bucketStart(k + 2, every), to);
  const both = Math.min(second - first, end - second);
  let timeA = 0;
  let valueA = 0;
  let timeB = 0;
  let valueB = 0;
  for (let i = 0; i < both; i++) {
    timeA += times[first + i]! - origin;
    valueA += values[first + i]!;
    timeB += times[second + i]! - origin;
    valueB += values[second + i]!;
  }
  for (let i = first + both; i < second; i++) {
    timeA += times[i]! - origin;
    valueA += values[i]!;
  }
  for (let i = second + both; i < end; i++) {
    timeB += times[i]! - origin;
    valueB += values[i]!;
  }
  means.times[k] = timeA / (second - first);
  means.values[k] = valueA / (second - first);
  means.times[k + 1] = timeB / (end - second);
  means.values[k + 1] = valueB / (end - second);
}

/** Index in `[begin, end)` of the first point with the largest area; `begin` where none compares. */
function largestArea(
  times: Float64Array,
  values: Float64Array,
  begin: number,
  end: number,
  time: number,
  value: number,
  dTime: number,
  dValue: number,
): number {
  let largest = -1;
  let index = begin;
  let i = begin;
  for (; i + 3 < end; i += 4) {
    const a = doubledArea(times[i]!, values[i]!, time, value, dTime, dValue);
    const b = doubledArea(times[i + 1]!, values[i + 1]!, time, value, dTime, dValue);
    const c = doubledArea(times[i + 2]!, values[i + 2]!, time, value, dTime, dValue);
    const d = doubledArea(times[i + 3]!, values[i + 3]!, time, value, dTime, dValue);
    // Four comparisons that nearly always fail alike are predicted better than four that may move the maximum.
    if (a > largest || b > largest || c > largest || d > largest) {
      if (a > largest) {
        largest = a;
        index = i;
      }
      if (b > largest) {
        largest = b;
        index = i + 1;
      }
      if (c > largest) {
        largest = c;
        index = i + 2;
      }
      if (d > largest) {
        largest = d;
        index = i + 3;
      }
    }
  }
  for (; i < end; i++) {
    const area = doubledArea(times[i]!, values[i]!, time, value, dTime, dValue);
    if (area > largest) {
      largest = area;
      index = i;
    }
  }
  return index;
}
