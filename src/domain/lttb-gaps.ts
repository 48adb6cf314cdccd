import { type Columns, checkColumns, gather, lttb } from './lttb.ts';
import { createBucketMeans, selectLttb } from './lttb-select.ts';

/**
 * Downsamples to at most `n` points by {@link lttb}, keeping both edges of every gap: of two neighbours more than
 * `gapMs` apart. Each stretch between gaps keeps its ends; what is left of `n` is shared by the points in between, as
 * TimescaleDB Toolkit's `gp_lttb` does. Where not all edges fit, the largest gaps are kept. Without gaps, or
 * without `gapMs`, it is exactly {@link lttb}.
 *
 * @param n most points to keep; the input itself is given back where it has no more
 * @param gapMs milliseconds
 * @throws HyperdashError BAD_REQUEST where `n` is not a whole number of at least 2
 * @throws RangeError where the columns differ in length
 */
export function downsample(
  times: Columns['times'],
  values: Columns['values'],
  n: number,
  { gapMs = Infinity }: { readonly gapMs?: number } = {},
): Columns {
  checkColumns(times, values, n);
  if (n >= times.length) return { times, values };
  const starts = segmentStarts(times, gapMs, n);
  if (starts.length === 1) return lttb(times, values, n);
  return downsampleSegments(times, values, n, starts);
}

function downsampleSegments(
  times: Columns['times'],
  values: Columns['values'],
  n: number,
  starts: readonly number[],
): Columns {
  const edges = countEdges(starts, times.length);
  const inner = times.length - edges;
  const spare = n - edges;
  const chosen = new Uint32Array(n);
  const means = createBucketMeans(n);
  let count = 0;
  let innerBefore = 0;
  for (let s = 0; s < starts.length; s++) {
    const from = starts[s]!;
    const to = starts[s + 1] ?? times.length;
    const ends = Math.min(to - from, 2);
    const innerAfter = innerBefore + (to - from - ends);
    // Shares come from a running total, so that they add up to the budget whatever the rounding.
    const share = Math.floor((innerAfter * spare) / inner) - Math.floor((innerBefore * spare) / inner);
    count += selectLttb(times, values, from, to, ends + share, means, chosen, count);
    innerBefore = innerAfter;
  }
  return gather(times, values, chosen, count);
}

/** Indexes at which a segment begins, 0 included: after every gap, or the largest where not all edges fit in `n`. */
function segmentStarts(times: Float64Array, gapMs: number, n: number): number[] {
  const starts = [0];
  if (gapMs === Infinity) return starts;
  // In this function, not in a small one of its own: V8 would inline that here and leave the loop half optimised.
  let before = times[0]!;
  for (let i = 1; i < times.length; i++) {
    const time = times[i]!;
    if (time - before > gapMs) starts.push(i);
    before = time;
  }
  return countEdges(starts, times.length) <= n ? starts : largestGaps(times, starts, (n - 2) >> 1);
}

/** Points at either end of a segment; a segment of one point has one. */
function countEdges(starts: readonly number[], length: number): number {
  let edges = 0;
  for (let s = 0; s < starts.length; s++) {
    edges += Math.min((starts[s + 1] ?? length) - starts[s]!, 2);
  }
  return edges;
}

/** The starts after the `count` widest gaps (the earlier of equal ones), and 0. */
function largestGaps(times: Float64Array, starts: readonly number[], count: number): number[] {
  if (count === 0) return [0];
  const widths = Float64Array.from(starts.slice(1), (start) => times[start]! - times[start - 1]!);
  const ascending = widths.slice().sort();
  const least = ascending[ascending.length - count]!;
  let ties = 0;
  for (let g = ascending.length - count; ascending[g] === least; g++) ties++;
  return starts.filter((_, s) => {
    if (s === 0) return true;
    const width = widths[s - 1]!;
    return width > least || (width === least && ties-- > 0);
  });
}
