/** Spacings longer than this many typical ones are a gap: one missed or late sample is not. */
const SPACINGS_PER_GAP = 2.5;
/** Spacings looked at for the typical one. */
const SPACINGS_LOOKED_AT = 255;

/** What the rule of gaps goes by besides the times themselves. */
export interface GapContext {
  /** Width of a bucket in milliseconds where the points are of a rollup; null for samples as stored. */
  readonly bucketMs: number | null;
  /** Length of the range asked for, in milliseconds. */
  readonly rangeMs: number;
}

/**
 * The distance in milliseconds above which neighbours in an answer of at most `n` points are the edges of a gap.
 *
 * It is 2.5 typical spacings, and never below what the chart can show: a point's share of the range, and where points
 * have to be left out, three shares and a spacing. Of samples at a steady interval, neighbours are then further apart
 * than this, once downsampled, only where samples are missing, and the edges of all gaps fit into `n`.
 *
 * @param times ascending epoch milliseconds, before downsampling
 * @returns Infinity where `n` leaves no room for a gap
 */
export function gapMsFor(times: Float64Array, n: number, { bucketMs, rangeMs }: GapContext): number {
  const spacingMs = Math.max(typicalSpacingMs(times), bucketMs ?? 0);
  const shownMs = times.length > n ? (3 * rangeMs) / (n - 2) + spacingMs : rangeMs / n;
  return Math.max(SPACINGS_PER_GAP * spacingMs, shownMs);
}

/** The median of up to 255 spacings, taken evenly over the column, in milliseconds; 0 for fewer than two times. */
export function typicalSpacingMs(times: Float64Array): number {
  const count = Math.min(times.length - 1, SPACINGS_LOOKED_AT);
  if (count < 1) return 0;
  const spacings = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const i = Math.floor((k * (times.length - 1)) / count);
    spacings[k] = times[i + 1]! - times[i]!;
  }
  return spacings.sort()[count >> 1]!;
}
