import type { Aggregate, Resolution } from '../contract/resolution.ts';
import type { Columns } from '../domain/lttb.ts';
import type { TimeRange } from '../domain/time-range.ts';
import type { Engine } from '../engine/engine.ts';
import { copyOut } from './copy-out.ts';
import { type MaterializedPart, recentMaterializedParts } from './refresh-watermarks.ts';
import { asking } from './store-error.ts';

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

/** Saturates as the rollups' sums do: an overflow would be an error. */
const RAW_SUM = 'sum(least(greatest(value, -1e300), 1e300))';

/** Of samples; `count` as a double, as every column of values is. */
const RAW_AGGREGATES: Record<Aggregate, string> = {
  avg: `${RAW_SUM} / count(*)`,
  min: 'min(value)',
  max: 'max(value)',
  sum: RAW_SUM,
  count: 'count(*)::float8',
  last: 'last(value, time)',
};

/** Of the rollup rows of one series. */
const ROLLUP_VALUES: Record<Aggregate, string> = {
  avg: 'sum / count',
  min: 'min',
  max: 'max',
  sum: 'sum',
  count: 'count::float8',
  last: 'last',
};

/** Of the rollup rows of several series; an average is sum over count, never an average of averages. */
const ROLLUP_AGGREGATES: Record<Aggregate, string> = {
  avg: 'sum(sum) / sum(count)::float8',
  min: 'min(min)',
  max: 'max(max)',
  sum: 'sum(sum)',
  count: 'sum(count)::float8',
  last: 'last(last, bucket)',
};

/**
 * Reads points in time order, straight from the wire into columns, in one or more segments. Once the signal is aborted
 * the statement is cancelled.
 * @throws HyperdashError BAD_REQUEST where there are more than `maxRows` rows, CLIENT_CLOSED_REQUEST once aborted,
 *   SERVICE_UNAVAILABLE where the database fails
 */
export function readColumns(
  engine: Engine,
  question: ColumnsQuestion,
  signal?: AbortSignal,
): Promise<readonly Columns[]> {
  const { maxRows } = question;
  return asking(async () => {
    const segments = await copyOut(engine, await sqlFor(engine, question), { types: TYPES, maxRows }, signal);
    return segments.map(([times, values]) => ({ times: times!, values: values! }));
  }, signal);
}

/** COPY takes no parameters: every literal here is a number, a time made from one, or a word of ours. */
async function sqlFor(engine: Engine, question: ColumnsQuestion): Promise<string> {
  const { resolution, range, aggregate, bucketMs } = question;
  if (resolution !== 'raw') {
    const { [resolution]: materialized } = await recentMaterializedParts(engine);
    return rollupSql(question, `samples_${resolution}`, materialized);
  }
  const where = conditionOf(question, 'time', range);
  if (bucketMs === null) return `SELECT time, value FROM samples WHERE ${where} ORDER BY 1`;
  const bucket = `time_bucket('${bucketMs} ms', time)`;
  return `SELECT ${bucket}, ${RAW_AGGREGATES[aggregate]} FROM samples WHERE ${where} GROUP BY 1 ORDER BY 1`;
}

/** Reads the rollup's table as far as it is materialised, and the real-time view from there on: no bucket is in both. */
function rollupSql(question: ColumnsQuestion, view: string, materialized: MaterializedPart): string {
  const { seriesIds, range, aggregate } = question;
  const untilMs = Math.min(materialized.untilMs, range.toMs);
  const select = (table: string, part: TimeRange) => {
    const where = conditionOf(question, 'bucket', part);
    return seriesIds.length > 1
      ? `SELECT bucket, ${ROLLUP_AGGREGATES[aggregate]} FROM ${table} WHERE ${where} GROUP BY 1`
      : `SELECT bucket, ${ROLLUP_VALUES[aggregate]} FROM ${table} WHERE ${where}`;
  };
  const parts: string[] = [];
  if (range.fromMs < untilMs) {
    parts.push(select(materialized.hypertable, { fromMs: range.fromMs, toMs: untilMs }));
  }
  if (untilMs < range.toMs) {
    parts.push(select(view, { fromMs: Math.max(range.fromMs, untilMs), toMs: range.toMs }));
  }
  return `${parts.join(' UNION ALL ')} ORDER BY 1`;
}

function conditionOf({ seriesIds }: ColumnsQuestion, time: string, { fromMs, toMs }: TimeRange): string {
  const series = seriesIds.length > 1 ? `IN (${seriesIds.join()})` : `= ${seriesIds[0]}`;
  return `series_id ${series} AND ${time} >= ${timestamp(fromMs)} AND ${time} < ${timestamp(toMs)}`;
}

function timestamp(ms: number): string {
  return `timestamptz '${new Date(ms).toISOString()}'`;
}
