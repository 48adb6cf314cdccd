import type { Aggregate, Resolution } from '../contract/resolution.ts';
import type { LineRows } from '../domain/align.ts';
import { joinColumn } from '../domain/copy-binary.ts';
import type { Column } from '../domain/copy-row.ts';
import type { TimeRange } from '../domain/time-range.ts';
import type { Engine } from '../engine/engine.ts';
import { copyOut } from './copy-out.ts';
import { RAW_AGGREGATES, ROLLUP_AGGREGATES, ROLLUP_TABLES, timestamp } from './read-columns.ts';
import { asking } from './store-error.ts';

/** What to read: lines of one tier over a range. */
export interface MatrixQuestion {
  readonly resolution: Resolution;
  /** Ids of each line's series; at least one line, each with at least one. */
  readonly lines: readonly (readonly number[])[];
  readonly range: TimeRange;
  readonly aggregate: Aggregate;
  /** Width of the buckets in milliseconds; raw samples are put into such first, null leaves those of a single series as stored. */
  readonly bucketMs: number | null;
  /** More rows than this are refused. */
  readonly maxRows: number;
}

const TYPES = ['int4', 'timestamptz', 'float8', 'float8', 'float8'] as const;

/**
 * Reads rows by line and time. `min` and `max` are those of the samples; of sums and counts, which have no such thing, the
 * value itself.
 * @throws HyperdashError BAD_REQUEST where there are more than `maxRows` rows
 */
export function readMatrix(
  engine: Engine,
  question: MatrixQuestion,
  signal?: AbortSignal,
): Promise<LineRows> {
  const shape = { types: TYPES, maxRows: question.maxRows };
  return asking(async () => {
    const segments = await copyOut(engine, sqlFor(question), shape, signal);
    const [lines, times, values, min, max] = TYPES.map((_, column) =>
      joinColumn(segments.map((segment) => segment[column]!)),
    ) as [Column, Column, Column, Column, Column];
    return { lines, times, values, min, max };
  }, signal);
}

/** COPY takes no parameters: every literal here is a number, a time made from one, or a word of ours. */
function sqlFor({ resolution, lines, range, aggregate, bucketMs }: MatrixQuestion): string {
  const time = resolution === 'raw' ? 'time' : 'bucket';
  const ids = lines.flat();
  const where = `series_id IN (${ids.join()})
    AND ${time} >= ${timestamp(range.fromMs)} AND ${time} < ${timestamp(range.toMs)}`;
  if (resolution === 'raw' && bucketMs === null) {
    return `SELECT 0, time, value, value, value FROM samples WHERE ${where} ORDER BY 2`;
  }
  const lineOf = `array_position(ARRAY[${ids.join()}], series_id)`;
  const line =
    lines.length === ids.length
      ? `${lineOf} - 1`
      : `(ARRAY[${lines.flatMap((own, l) => own.map(() => l))}])[${lineOf}]`;
  const [bucket, aggregates, table] =
    resolution === 'raw'
      ? [`time_bucket('${bucketMs} ms', time)`, RAW_AGGREGATES, 'samples']
      : ['bucket', ROLLUP_AGGREGATES, ROLLUP_TABLES[resolution]];
  const value = aggregates[aggregate];
  const whole = aggregate === 'sum' || aggregate === 'count';
  const band = whole ? `${value}, ${value}` : `${aggregates.min}, ${aggregates.max}`;
  return `SELECT ${line}, ${bucket}, ${value}, ${band} FROM ${table} WHERE ${where} GROUP BY 1, 2 ORDER BY 1, 2`;
}
