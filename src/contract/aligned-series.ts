import { bytesOf, decodeBase64, encodeBase64 } from './points.ts';

/** One series of an {@link AlignedSeries}: columns as long as its times, NaN where there is nothing. */
export interface AlignedColumns {
  readonly host: string;
  /** Labels of the series; empty where all label sets of a host are one. */
  readonly labels: Readonly<Record<string, string>>;
  /** Values of this series further apart than this, in milliseconds, are the edges of a gap. */
  readonly gap_ms: number;
  readonly values: Float64Array;
  /** Least and greatest of what each value stands for; absent where each is a sample as stored. */
  readonly min?: Float64Array;
  readonly max?: Float64Array;
}

/** {@link AlignedSeries} as it travels over tRPC: all columns one after the other as base64, the times first. */
export type AlignedWire = {
  rows: number;
  series: { host: string; labels: Record<string, string>; gap_ms: number; band: boolean }[];
  columns: string;
};

/** The columns that a series has on the wire, in this order. */
const BAND_COLUMNS = 3;

/**
 * Several series that share their times: columns for a chart of many lines. A gap is NaN here and null in JSON.
 * `JSON.stringify` gives `{"times": ["2025-12-02T10:00:00.000Z"], "series": [{"host": "web-1", …, "values": [45.2]}]}`.
 */
export class AlignedSeries {
  /** Epoch milliseconds, strictly ascending. */
  readonly times: Float64Array;
  readonly series: readonly AlignedColumns[];

  /** @throws RangeError where a column is not as long as the times */
  constructor(times: Float64Array, series: readonly AlignedColumns[]) {
    const columns = series.flatMap(({ values, min, max }) => [values, min ?? values, max ?? values]);
    if (columns.some(({ length }) => length !== times.length)) {
      throw new RangeError('every column must be as long as the times');
    }
    this.times = times;
    this.series = series;
  }

  /** Number of rows: times that the series share. */
  get length(): number {
    return this.times.length;
  }

  toJSON() {
    return {
      times: Array.from(this.times, (ms) => new Date(ms).toISOString()),
      series: this.series.map(({ values, min, max, ...named }) => ({
        ...named,
        values: nullable(values),
        ...(min && { min: nullable(min) }),
        ...(max && { max: nullable(max) }),
      })),
    };
  }

  /** What travels over tRPC, exact to the bit. */
  toWire(): AlignedWire {
    const columns = [this.times];
    for (const { values, min, max } of this.series) columns.push(values, ...(min && max ? [min, max] : []));
    const bytes = new Uint8Array(columns.length * this.length * 8);
    for (const [k, column] of columns.entries()) bytes.set(bytesOf(column), k * this.length * 8);
    return {
      rows: this.length,
      series: this.series.map(({ host, labels, gap_ms, min, max }) => ({
        host,
        labels: { ...labels },
        gap_ms,
        band: min !== undefined && max !== undefined,
      })),
      columns: encodeBase64(bytes),
    };
  }

  /**
   * The inverse of {@link AlignedSeries.toWire}.
   * @throws RangeError where the columns are not as long as it says
   */
  static fromWire({ rows, series, columns }: AlignedWire): AlignedSeries {
    const count = series.reduce((sum, { band }) => sum + (band ? BAND_COLUMNS : 1), 1);
    const bytes = decodeBase64(columns);
    if (bytes.length !== count * rows * 8) throw new RangeError('not as many columns as it says');
    const all = new Float64Array(bytes.buffer, 0, bytes.length / 8);
    let at = 0;
    const next = () => {
      at += rows;
      return all.subarray(at - rows, at);
    };
    return new AlignedSeries(
      next(),
      series.map(({ band, ...named }) => ({
        ...named,
        values: next(),
        ...(band && { min: next(), max: next() }),
      })),
    );
  }
}

function nullable(column: Float64Array): (number | null)[] {
  return Array.from(column, (value) => (Number.isNaN(value) ? null : value));
}
