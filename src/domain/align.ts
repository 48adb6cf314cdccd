/** Rows of several lines as columns of one length, by line and then by time. */
export interface LineRows {
  /** Which line, from 0. */
  readonly lines: Float64Array;
  /** Epoch milliseconds, ascending within a line. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/** One line's columns, as long as the times it shares with the others; NaN where it has nothing. */
export interface LineColumns {
  readonly values: Float64Array<ArrayBuffer>;
  readonly min: Float64Array<ArrayBuffer>;
  readonly max: Float64Array<ArrayBuffer>;
}

/** Lines that share their times. */
export interface Aligned {
  /** Epoch milliseconds, strictly ascending. */
  readonly times: Float64Array<ArrayBuffer>;
  readonly lines: readonly LineColumns[];
}

/** Puts rows onto the union of their times. `count` is the number of lines; some may have no row. */
export function align(rows: LineRows, count: number): Aligned {
  const times = union(rows.times);
  const lines = Array.from({ length: count }, () => blankLine(times.length));
  let row = 0;
  let previous = -1;
  for (let i = 0; i < rows.times.length; i++) {
    const line = rows.lines[i]!;
    if (line !== previous) row = 0;
    previous = line;
    while (times[row]! < rows.times[i]!) row++;
    const { values, min, max } = lines[line]!;
    values[row] = rows.values[i]!;
    min[row] = rows.min[i]!;
    max[row] = rows.max[i]!;
  }
  return { times, lines };
}

/** A line of `length` rows that has nothing. */
export function blankLine(length: number): LineColumns {
  const blank = () => new Float64Array(length).fill(Number.NaN);
  return { values: blank(), min: blank(), max: blank() };
}

function union(times: Float64Array): Float64Array<ArrayBuffer> {
  const sorted = Float64Array.from(times).sort();
  let count = 0;
  for (let i = 0; i < sorted.length; i++) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[count++] = sorted[i]!;
  }
  return sorted.slice(0, count);
}
