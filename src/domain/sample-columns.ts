/** Samples as three columns of equal length, in any order. */
export interface SampleColumns {
  /** Ids in the catalogue of series. */
  readonly seriesIds: Int32Array;
  /** Epoch milliseconds; fractions count down to microseconds. */
  readonly times: Float64Array;
  /** Finite values. */
  readonly values: Float64Array;
}

/** How many samples batches hold together. */
export function rowsOf(batches: readonly SampleColumns[]): number {
  return batches.reduce((sum, { times }) => sum + times.length, 0);
}
