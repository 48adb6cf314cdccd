import { type Aligned, blankLine, type LineColumns } from './align.ts';
import { type GapContext, gapMsFor } from './gap-rule.ts';
import { downsample } from './lttb-gaps.ts';

/**
 * Downsamples lines that share their times to at most `n` rows that they still share. LTTB chooses the rows by the mean
 * of the lines, each scaled to its own extent; edges of gaps are kept. At a kept row a line has its value there, or
 * its nearest among the rows that this one stands for, and the least and greatest of them all, so that no line loses a
 * spike. A row of nothing stands in each gap that all lines have.
 */
export function thinRows(aligned: Aligned, n: number, context: GapContext): Aligned {
  const { times } = aligned;
  const gaps = countGaps(times, gapMsFor(times, n, context));
  const wanted = Math.max(2, n - gaps);
  const gapMs = gapMsFor(times, wanted, context);
  const kept = downsample(times, meanOf(aligned), wanted, { gapMs }).times;
  const at = rowsOf(kept, times);
  const thinned = kept.length === times.length ? aligned : mergeInto(kept, at, aligned);
  // Neighbours that were none before are apart since rows between them were left out.
  return openGaps(thinned, (k) => at[k]! - at[k - 1]! === 1 && kept[k]! - kept[k - 1]! > gapMs);
}

/** The gap rule for one line, by its own times: milliseconds, no more than the range. */
export function lineGapMs(
  times: Float64Array,
  { values }: LineColumns,
  n: number,
  context: GapContext,
): number {
  const own = times.filter((_, row) => !Number.isNaN(values[row]!));
  return Math.min(gapMsFor(own, n, context), context.rangeMs);
}

function meanOf({ times, lines }: Aligned): Float64Array<ArrayBuffer> {
  if (lines.length === 1) return lines[0]!.values;
  const sums = new Float64Array(times.length);
  const counts = new Float64Array(times.length);
  for (const { values } of lines) {
    const { least, extent } = extentOf(values);
    for (let row = 0; row < values.length; row++) {
      const value = values[row]!;
      if (Number.isNaN(value)) continue;
      sums[row]! += (value - least) / extent;
      counts[row]!++;
    }
  }
  return sums.map((sum, row) => sum / counts[row]!);
}

function extentOf(values: Float64Array): { least: number; extent: number } {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  const extent = greatest - least;
  return { least, extent: extent > 0 && extent < Number.POSITIVE_INFINITY ? extent : 1 };
}

/** Which rows the kept times are. */
function rowsOf(kept: Float64Array, times: Float64Array): Uint32Array {
  const at = new Uint32Array(kept.length);
  for (let k = 0, row = 0; k < kept.length; k++) {
    while (times[row] !== kept[k]) row++;
    at[k] = row;
  }
  return at;
}

/** Rows between two kept ones go to the nearer of them, by number. */
function mergeInto(kept: Float64Array<ArrayBuffer>, at: Uint32Array, { times, lines }: Aligned): Aligned {
  const thinned = lines.map((line) => {
    const merged = blankLine(kept.length);
    for (let k = 0; k < kept.length; k++) {
      const from = k === 0 ? 0 : middle(at[k - 1]!, at[k]!);
      const to = k === kept.length - 1 ? times.length : middle(at[k]!, at[k + 1]!);
      mergeRows(line, from, to, at[k]!, merged, k);
    }
    return merged;
  });
  return { times: kept, lines: thinned };
}

function middle(row: number, next: number): number {
  return ((row + next) >> 1) + 1;
}

/** Merges the rows `[from, to)` of a line into row `k` of another, its value being that of `at` or the nearest to it. */
function mergeRows(
  { values, min, max }: LineColumns,
  from: number,
  to: number,
  at: number,
  merged: LineColumns,
  k: number,
): void {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  let nearest = Number.POSITIVE_INFINITY;
  for (let row = from; row < to; row++) {
    if (Number.isNaN(values[row]!)) continue;
    if (min[row]! < least) least = min[row]!;
    if (max[row]! > greatest) greatest = max[row]!;
    if (Math.abs(row - at) < nearest) {
      nearest = Math.abs(row - at);
      merged.values[k] = values[row]!;
    }
  }
  if (nearest === Number.POSITIVE_INFINITY) return;
  merged.min[k] = least;
  merged.max[k] = greatest;
}

function countGaps(times: Float64Array, gapMs: number): number {
  let gaps = 0;
  for (let row = 1; row < times.length; row++) if (times[row]! - times[row - 1]! > gapMs) gaps++;
  return gaps;
}

/** Puts a row of nothing into the middle of each gap: before the rows that `afterGap` says. */
function openGaps(aligned: Aligned, afterGap: (row: number) => boolean): Aligned {
  const { times, lines } = aligned;
  let gaps = 0;
  for (let row = 1; row < times.length; row++) if (afterGap(row)) gaps++;
  if (gaps === 0) return aligned;
  const opened = new Float64Array(times.length + gaps);
  const copies = lines.map(() => blankLine(opened.length));
  let to = 0;
  for (let row = 0; row < times.length; row++) {
    if (row > 0 && afterGap(row)) opened[to++] = (times[row]! + times[row - 1]!) / 2;
    opened[to] = times[row]!;
    for (const [l, { values, min, max }] of lines.entries()) {
      copies[l]!.values[to] = values[row]!;
      copies[l]!.min[to] = min[row]!;
      copies[l]!.max[to] = max[row]!;
    }
    to++;
  }
  return { times: opened, lines: copies };
}
