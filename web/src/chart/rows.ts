import type { AlignedSeries } from '../../../src/client.ts';
import { byName } from '../format/by-name.ts';

/** One line of a chart: what names it, and its columns, as long as the times of its {@link ChartRows}. */
export interface ChartLine {
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Unique within the chart. */
  readonly key: string;
  readonly gapMs: number;
  readonly values: (number | null)[];
  /** Least and greatest of what each value stands for. */
  readonly min: (number | null)[];
  readonly max: (number | null)[];
  /** Start of the newest bucket that samples came live for, and how many came. */
  liveMs: number;
  liveCount: number;
}

/** A live sample, or one that a poll brought. */
export interface LiveSample {
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly timeMs: number;
  readonly value: number;
}

/** What tells lines apart: a host, and its labels where each label set is a line. */
export function lineKey(host: string, labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([host, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** The rows of a chart, which grow at the right as samples come and end at the left as they leave the range. */
export class ChartRows {
  /** Epoch milliseconds, ascending. */
  readonly times: number[];
  readonly lines: ChartLine[];
  /** Whether values have a band that differs from them. */
  readonly banded: boolean;
  readonly #bucketMs: number | null;
  readonly #byHost: boolean;
  readonly #aggregate: string;
  readonly #newestMs = new Map<string, number>();
  readonly #byKey: ReadonlyMap<string, ChartLine>;

  constructor(data: AlignedSeries, options: { bucketMs: number | null; byHost: boolean; aggregate: string }) {
    this.times = Array.from(data.times);
    this.banded = data.series.some(({ min }) => min !== undefined);
    this.lines = data.series.map(({ host, labels, gap_ms, values, min, max }) => ({
      host,
      labels,
      key: lineKey(host, labels),
      gapMs: gap_ms,
      values: nullable(values),
      min: nullable(min ?? values),
      max: nullable(max ?? values),
      liveMs: Number.NEGATIVE_INFINITY,
      liveCount: 0,
    }));
    this.lines.sort((a, b) => byName.compare(a.key, b.key));
    this.#bucketMs = options.bucketMs;
    this.#byHost = options.byHost;
    this.#aggregate = options.aggregate;
    this.#byKey = new Map(this.lines.map((line) => [line.key, line]));
  }

  /** Takes a sample in; false where no line is its. One that its series had before, or an older one, is ignored. */
  append({ host, labels, timeMs, value }: LiveSample): boolean {
    const series = lineKey(host, labels);
    const line = this.#byKey.get(this.#byHost ? lineKey(host, {}) : series);
    if (line === undefined) return false;
    if (timeMs <= (this.#newestMs.get(series) ?? Number.NEGATIVE_INFINITY)) return true;
    this.#newestMs.set(series, timeMs);
    const bucketMs = this.#bucketMs;
    const time = bucketMs === null ? timeMs : Math.floor(timeMs / bucketMs) * bucketMs;
    if (time > line.liveMs) {
      line.liveMs = time;
      line.liveCount = 0;
    }
    if (time === line.liveMs) line.liveCount++;
    this.#put(line, this.#rowAt(time), value, time === line.liveMs);
    return true;
  }

  /** Drops the rows before `fromMs`. */
  dropBefore(fromMs: number): void {
    let count = 0;
    while (count < this.times.length && this.times[count]! < fromMs) count++;
    if (count === 0) return;
    this.times.splice(0, count);
    for (const { values, min, max } of this.lines) {
      for (const column of [values, min, max]) column.splice(0, count);
    }
  }

  /** Index of the row of a time, which is made where there is none; it is nearly always one of the last. */
  #rowAt(time: number): number {
    let row = this.times.length;
    while (row > 0 && this.times[row - 1]! > time) row--;
    if (row > 0 && this.times[row - 1] === time) return row - 1;
    this.times.splice(row, 0, time);
    for (const { values, min, max } of this.lines) {
      for (const column of [values, min, max]) column.splice(row, 0, null);
    }
    return row;
  }

  #put(line: ChartLine, row: number, value: number, isNewest: boolean): void {
    const before = line.values[row] ?? null;
    if (before === null || (isNewest && line.liveCount === 1)) {
      // The stream begins with the newest bucket's first sample, so that what the answer had of it is counted anew.
      line.values[row] = this.#aggregate === 'count' ? 1 : value;
    } else if (isNewest) line.values[row] = combine(this.#aggregate, before, value, line.liveCount);
    line.min[row] = Math.min(line.min[row] ?? value, value);
    line.max[row] = Math.max(line.max[row] ?? value, value);
  }
}

function combine(aggregate: string, before: number, value: number, count: number): number {
  switch (aggregate) {
    case 'min':
      return Math.min(before, value);
    case 'max':
      return Math.max(before, value);
    case 'sum':
      return before + value;
    case 'count':
      return before + 1;
    case 'last':
      return value;
    default:
      return before + (value - before) / count;
  }
}

function nullable(column: Float64Array): (number | null)[] {
  return Array.from(column, (value) => (Number.isNaN(value) ? null : value));
}
