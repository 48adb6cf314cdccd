/** Points as two columns of equal length: epoch milliseconds, strictly ascending, and finite values. */
export interface Columns {
  readonly times: Float64Array;
  readonly values: Float64Array;
}
