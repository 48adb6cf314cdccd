import type { Aggregate, Resolution } from '../contract/resolution.ts';
import type { Columns } from '../domain/lttb.ts';
import type { TimeRange } from '../domain/time-range.ts';
import type { Engine } from '../engine/engine.ts';
import { copyOut } from './copy-out.ts';
import type { Database } from './database.ts';
import { asking } from './store-error.ts';
import { RAW_AGGREGATES, ROLLUP_AGGREGATES, ROLLUP_VALUES, rollupParts, within } from './tier-sql.ts';

/** What to read: some series of one tier over a range, as one column of values. */
export interface ColumnsQuestion {
  readonly resolution: Resolution;
  /** Ids of the series, at least one. */
  readonly seriesIds: readonly number[];
  readonly range: TimeRange;
  readonly aggregate: Aggregate;
  /** Width of the buckets in milliseconds; raw samples are put into such first, null leaves them as stored. */
  readonly bucketMs: number | null;
  /** More rows than this are refused. */
  readonly maxRows: number;
}

const TYPES = ['timestamptz', 'float8'] as const;

/**
 * Reads points in time order, straight from the wire into columns, in one or more segments. Once the signal is aborted
 * the statement is cancelled.
 * @param before done on the same connection first
 * @throws HyperdashError BAD_REQUEST where there are more than `maxRows` rows, CLIENT_CLOSED_REQUEST once aborted,
 *   SERVICE_UNAVAILABLE where the database fails
 */
export function readColumns(
  engine: Engine,
  question: ColumnsQuestion,
  signal?: AbortSignal,
  before?: (connection: Database) => Promise<void>,
): Promise<readonly Columns[]> {
  const shape = { types: TYPES, maxRows: question.maxRows };
  return asking(async () => {
    const segments = await copyOut(engine, await sqlFor(engine, question), shape, signal, before);
    return segments.map(([times, values]) => ({ times: times!, values: values! }));
  }, signal);
}

async function sqlFor(engine: Engine, question: ColumnsQuestion): Promise<string> {
  const { resolution, seriesIds, range, aggregate, bucketMs } = question;
  if (resolution !== 'raw') {
    const several = seriesIds.length > 1;
    const value = several ? ROLLUP_AGGREGATES[aggregate] : ROLLUP_VALUES[aggregate];
    const parts = (await rollupParts(engine, resolution, range)).map(
      (part) =>
        `SELECT bucket, ${value} FROM ${part.table} WHERE ${within(seriesIds, 'bucket', part.range)}` +
        (several ? ' GROUP BY 1' : ''),
    );
    return `${parts.join(' UNION ALL ')} ORDER BY 1`;
  }
  const where = within(seriesIds, 'time', range);
  if (bucketMs === null) return `SELECT time, value FROM samples WHERE ${where} ORDER BY 1`;
  const bucket = `time_bucket('${bucketMs} ms', time)`;
  return `SELECT ${bucket}, ${RAW_AGGREGATES[aggregate]} FROM samples WHERE ${where} GROUP BY 1 ORDER BY 1`;
}
