import type { Aggregate, Resolution } from '../contract/resolution.ts';
import type { TimeRange } from '../domain/time-range.ts';
import type { Engine } from '../engine/engine.ts';
import { recentMaterializedParts } from './refresh-watermarks.ts';

// COPY takes no parameters: every literal made here is a number, a time made from one, or a word of ours.

/** Saturates as the rollups' sums do: an overflow would be an error. */
const RAW_SUM = 'sum(least(greatest(value, -1e300), 1e300))';

/** Of samples; `count` as a double, as every column of values is. */
export const RAW_AGGREGATES: Record<Aggregate, string> = {
  avg: `${RAW_SUM} / count(*)`,
  min: 'min(value)',
  max: 'max(value)',
  sum: RAW_SUM,
  count: 'count(*)::float8',
  last: 'last(value, time)',
};

/** Of the rollup rows of one series. */
export const ROLLUP_VALUES: Record<Aggregate, string> = {
  avg: 'sum / count',
  min: 'min',
  max: 'max',
  sum: 'sum',
  count: 'count::float8',
  last: 'last',
};

/** Of the rollup rows of several series; an average is sum over count, never an average of averages. */
export const ROLLUP_AGGREGATES: Record<Aggregate, string> = {
  avg: 'sum(sum) / sum(count)::float8',
  min: 'min(min)',
  max: 'max(max)',
  sum: 'sum(sum)',
  count: 'sum(count)::float8',
  last: 'last(last, bucket)',
};

/** A part of a range, and the table that holds its rows. */
export interface TablePart {
  readonly table: string;
  readonly range: TimeRange;
}

/**
 * The tables that hold a rollup's rows over a range: its own as far as it is materialised, where rows are aggregated in
 * vectors, and the real-time view from there on. No bucket is in both; at least one part.
 */
export async function rollupParts(
  engine: Engine,
  rollup: Exclude<Resolution, 'raw'>,
  range: TimeRange,
): Promise<TablePart[]> {
  const { [rollup]: materialized } = await recentMaterializedParts(engine);
  const untilMs = Math.max(range.fromMs, Math.min(materialized.untilMs, range.toMs));
  return [
    { table: materialized.hypertable, range: { fromMs: range.fromMs, toMs: untilMs } },
    { table: `samples_${rollup}`, range: { fromMs: untilMs, toMs: range.toMs } },
  ].filter((part) => part.range.fromMs < part.range.toMs);
}

/** The condition that picks series and a range by the column of time given. */
export function within(seriesIds: readonly number[], time: string, { fromMs, toMs }: TimeRange): string {
  const series = seriesIds.length > 1 ? `IN (${seriesIds.join()})` : `= ${seriesIds[0]}`;
  return `series_id ${series} AND ${time} >= ${timestamp(fromMs)} AND ${time} < ${timestamp(toMs)}`;
}

function timestamp(ms: number): string {
  return `timestamptz '${new Date(ms).toISOString()}'`;
}
