import type { Aggregate, Resolution } from '../contract/resolution.ts';
import type { LineRows } from '../domain/align.ts';
import { joinColumn } from '../domain/copy-binary.ts';
import type { Column } from '../domain/copy-row.ts';
import type { TimeRange } from '../domain/time-range.ts';
import type { Engine } from '../engine/engine.ts';
import { copyOut } from './copy-out.ts';
import type { Database } from './database.ts';
import { asking } from './store-error.ts';
import { RAW_AGGREGATES, ROLLUP_AGGREGATES, ROLLUP_VALUES, rollupParts, within } from './tier-sql.ts';

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
    if (areSingle(question.lines)) placeLines(lines, question.lines);
    return { lines, times, values, min, max };
  }, signal);
}

async function sqlFor(
  engine: Engine,
  { lines, range, aggregate, ...question }: MatrixQuestion,
): Promise<string> {
  const { resolution, bucketMs } = question;
  const ids = lines.flat();
  if (resolution === 'raw' && bucketMs === null) {
    return `SELECT series_id, time, value, value, value FROM samples WHERE ${within(ids, 'time', range)} ORDER BY 2`;
  }
  const single = areSingle(lines);
  const line = single ? 'series_id' : 'line';
  const rows = (bucket: string, aggregates: Record<Aggregate, string>, from: string) => {
    const value = aggregates[aggregate];
    const whole = aggregate === 'sum' || aggregate === 'count';
    const band = whole ? `${value}, ${value}` : `${aggregates.min}, ${aggregates.max}`;
    return `SELECT ${line}, ${bucket}, ${value}, ${band} FROM ${from}`;
  };
  const joined = single ? '' : ` JOIN ${lineTable(lines)} USING (series_id)`;
  if (resolution === 'raw') {
    const from = `samples${joined} WHERE ${within(ids, 'time', range)} GROUP BY 1, 2`;
    return `${rows(`time_bucket('${bucketMs} ms', time)`, RAW_AGGREGATES, from)} ORDER BY 1, 2`;
  }
  const parts = (await rollupParts(engine, resolution, range)).map((part) => {
    const from = `${part.table}${joined} WHERE ${within(ids, 'bucket', part.range)}`;
    return single
      ? rows('bucket', ROLLUP_VALUES, from)
      : rows('bucket', ROLLUP_AGGREGATES, `${from} GROUP BY 1, 2`);
  });
  return `${parts.join(' UNION ALL ')} ORDER BY 1, 2`;
}

/** Whether each line is one series: its rollup rows are then read as they are. */
function areSingle(lines: MatrixQuestion['lines']): boolean {
  return lines.every(({ length }) => length === 1);
}

/** Puts the place of each row's series among the lines, from 0, for its id. */
function placeLines(seriesIds: Column, lines: MatrixQuestion['lines']): void {
  const places = new Map(lines.map(([seriesId], line) => [seriesId!, line]));
  for (let row = 0; row < seriesIds.length; row++) seriesIds[row] = places.get(seriesIds[row]!)!;
}

/** Every series' line, from 0. */
function lineTable(lines: MatrixQuestion['lines']): string {
  const places = lines.flatMap((own, line) => own.map(() => line));
  return `unnest(ARRAY[${lines.flat().join()}], ARRAY[${places.join()}]) AS of_line (series_id, line)`;
}
