import { joinColumn } from '../domain/copy-binary.ts';
import { type GapContext, gapMsFor } from '../domain/gap-rule.ts';
import type { Columns } from '../domain/lttb.ts';
import { downsample } from '../domain/lttb-gaps.ts';

/** Columns to downsample. */
export interface DownsamplingJob {
  /** The columns in pieces, at least one, strictly ascending in time from each to the next. */
  readonly segments: readonly Columns[];
  /** Most points to keep, a whole number of at least 2. */
  readonly n: number;
  /** What the rule of gaps goes by; left out, gaps are not looked for. */
  readonly gaps?: GapContext;
}

/** The points kept, at most `n`. */
export interface DownsamplingResult extends Columns {
  /** Points there were before. */
  readonly rows: number;
  /** Neighbours further apart than this are the edges of a gap; null where there can be none. Milliseconds. */
  readonly gapMs: number | null;
}

/**
 * Does a job in the thread it is called in.
 * @throws HyperdashError BAD_REQUEST for a bad `n`
 */
export function runJob({ segments, n, gaps }: DownsamplingJob): DownsamplingResult {
  const times = joinColumn(segments.map((segment) => segment.times));
  const values = joinColumn(segments.map((segment) => segment.values));
  const gapMs = gaps === undefined ? Number.POSITIVE_INFINITY : gapMsFor(times, n, gaps);
  const kept = downsample(times, values, n, { gapMs });
  return { ...kept, rows: times.length, gapMs: Number.isFinite(gapMs) ? gapMs : null };
}

/** Points that a job reads. */
export function pointsOf({ segments }: DownsamplingJob): number {
  return segments.reduce((points, { times }) => points + times.length, 0);
}

/** Every buffer of the columns, once, for a transfer list. */
export function buffersOf(columns: readonly Columns[]): ArrayBuffer[] {
  return [...new Set(columns.flatMap(({ times, values }) => [times.buffer, values.buffer]))];
}
