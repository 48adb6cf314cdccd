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
  const runs = runsOf(rows.lines);
  const times = runs.reduce(
    (union, { from, to }) => merge(union, rows.times.subarray(from, to)),
    new Float64Array(),
  );
  const lines = Array.from({ length: count }, () => blankLine(times.length));
  for (const { line, from, to } of runs) {
    const { values, min, max } = lines[line]!;
    let row = 0;
    for (let i = from; i < to; i++) {
      while (times[row]! < rows.times[i]!) row++;
      values[row] = rows.values[i]!;
      min[row] = rows.min[i]!;
      max[row] = rows.max[i]!;
    }
  }
  return { times, lines };
}

/** Where each line's rows begin and end. */
function runsOf(lines: Float64Array): { line: number; from: number; to: number }[] {
  const runs: { line: number; from: number; to: number }[] = [];
  for (let from = 0, to = 0; from < lines.length; from = to) {
    const line = lines[from]!;
    while (to < lines.length && lines[to] === line) to++;
    runs.push({ line, from, to });
  }
  return runs;
}

/** A line of `length` rows that has nothing. */
export function blankLine(length: number): LineColumns {
  const blank = () => new Float64Array(length).fill(Number.NaN);
  return { values: blank(), min: blank(), max: blank() };
}

/** What is in either, ascending and without repetition; where the first has all of it, the first itself. */
function merge(some: Float64Array<ArrayBuffer>, others: Float64Array): Float64Array<ArrayBuffer> {
  const merged = new Float64Array(some.length + others.length);
  let count = 0;
  for (let s = 0, o = 0; s < some.length || o < others.length; ) {
    const next = Math.min(some[s] ?? Infinity, others[o] ?? Infinity);
    if (some[s] === next) s++;
    if (others[o] === next) o++;
    merged[count++] = next;
  }
  return count === some.length ? some : merged.slice(0, count);
}
