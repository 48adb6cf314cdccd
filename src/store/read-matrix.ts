import type { Aggregate, Resolution } from '../contract/resolution.ts';
import type { LineRows } from '../domain/align.ts';
import { joinColumn } from '../domain/copy-binary.ts';
import type { Column } from '../domain/copy-row.ts';
import type { TimeRange } from '../domain/time-range.ts';
import type { Engine } from '../engine/engine.ts';
import { copyOut } from './copy-out.ts';
import type { Database } from './settled-version.ts';
import { asking } from './store-error.ts';
import { RAW_AGGREGATES, ROLLUP_AGGREGATES, rollupParts, within } from './tier-sql.ts';

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
 * @param before done on the same connection first
 * @throws HyperdashError BAD_REQUEST where there are more than `maxRows` rows
 */
export function readMatrix(
  engine: Engine,
  question: MatrixQuestion,
  signal?: AbortSignal,
  before?: (connection: Database) => Promise<void>,
): Promise<LineRows> {
  const shape = { types: TYPES, maxRows: question.maxRows };
  return asking(async () => {
    const segments = await copyOut(engine, await sqlFor(engine, question), shape, signal, before);
    const [lines, times, values, min, max] = TYPES.map((_, column) =>
      joinColumn(segments.map((segment) => segment[column]!)),
    ) as [Column, Column, Column, Column, Column];
    return { lines, times, values, min, max };
  }, signal);
}

async function sqlFor(engine: Engine, question: MatrixQuestion): Promise<string> {
  const { resolution, lines, range, aggregate, bucketMs } = question;
  const ids = lines.flat();
  if (resolution === 'raw' && bucketMs === null) {
    return `SELECT 0, time, value, value, value FROM samples WHERE ${within(ids, 'time', range)} ORDER BY 2`;
  }
  const grouped = (aggregates: Record<Aggregate, string>, bucket: string, from: string) => {
    const value = aggregates[aggregate];
    const whole = aggregate === 'sum' || aggregate === 'count';
    const band = whole ? `${value}, ${value}` : `${aggregates.min}, ${aggregates.max}`;
    return `SELECT ${lineSql(lines)}, ${bucket}, ${value}, ${band} FROM ${from} GROUP BY 1, 2`;
  };
  if (resolution === 'raw') {
    const from = `samples WHERE ${within(ids, 'time', range)}`;
    return `${grouped(RAW_AGGREGATES, `time_bucket('${bucketMs} ms', time)`, from)} ORDER BY 1, 2`;
  }
  const parts = (await rollupParts(engine, resolution, range)).map((part) =>
    grouped(ROLLUP_AGGREGATES, 'bucket', `${part.table} WHERE ${within(ids, 'bucket', part.range)}`),
  );
  return `${parts.join(' UNION ALL ')} ORDER BY 1, 2`;
}

/** The place of a row's series among the lines, from 0. */
function lineSql(lines: MatrixQuestion['lines']): string {
  const ids = lines.flat();
  const place = `array_position(ARRAY[${ids.join()}], series_id)`;
  if (lines.length === ids.length) return `${place} - 1`;
  return `(ARRAY[${lines.flatMap((own, line) => own.map(() => line))}])[${place}]`;
}
