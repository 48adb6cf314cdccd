/** Samples as three columns of equal length, in any order. */
export interface SampleColumns {
  /** Ids in the catalogue of series. */
  readonly seriesIds: Int32Array;
  /** Epoch milliseconds. */
  readonly times: Float64Array;
  /** Finite values. */
  readonly values: Float64Array;
}

/** Puts batches behind one another. */
export function concatenate(batches: readonly SampleColumns[]): SampleColumns {
  if (batches.length === 1) return batches[0]!;
  const length = batches.reduce((sum, { times }) => sum + times.length, 0);
  const all = {
    seriesIds: new Int32Array(length),
    times: new Float64Array(length),
    values: new Float64Array(length),
  };
  let at = 0;
  for (const { seriesIds, times, values } of batches) {
    all.seriesIds.set(seriesIds, at);
    all.times.set(times, at);
    all.values.set(values, at);
    at += times.length;
  }
  return all;
}
