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

/**
 * Puts batches behind one another.
 * @param without rows of each batch to leave out, by position, ascending
 */
export function concatenate(
  batches: readonly SampleColumns[],
  without: readonly (readonly number[])[],
): SampleColumns {
  const length = rowsOf(batches) - without.reduce((sum, rows) => sum + rows.length, 0);
  const all = {
    seriesIds: new Int32Array(length),
    times: new Float64Array(length),
    values: new Float64Array(length),
  };
  let at = 0;
  for (const [index, batch] of batches.entries()) {
    let from = 0;
    for (const row of [...without[index]!, batch.times.length]) {
      all.seriesIds.set(batch.seriesIds.subarray(from, row), at);
      all.times.set(batch.times.subarray(from, row), at);
      all.values.set(batch.values.subarray(from, row), at);
      at += row - from;
      from = row + 1;
    }
  }
  return all;
}
