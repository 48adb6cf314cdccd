import { COPY_ROW_BYTES, decodeCopy } from '../domain/copy-binary.ts';
import { type GapContext, gapMsFor } from '../domain/gap-rule.ts';
import type { Columns } from '../domain/lttb.ts';
import { downsample } from '../domain/lttb-gaps.ts';

/** How many points to keep, and which gaps. */
interface JobOptions {
  /** Most points to keep, a whole number of at least 2. */
  readonly n: number;
  /** What the rule of gaps goes by; left out, gaps are not looked for. */
  readonly gaps?: GapContext;
}

/** Columns to downsample: strictly ascending epoch milliseconds and values. */
export interface ColumnsJob extends JobOptions, Columns {}

/** A binary COPY of times and values to decode and downsample, in chunks over buffers of their own. */
export interface CopyJob extends JobOptions {
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
  /** More rows than this are refused. */
  readonly maxRows: number;
}

export type DownsamplingJob = ColumnsJob | CopyJob;

/** The points kept, at most `n`. */
export interface DownsamplingResult extends Columns {
  /** Points there were before. */
  readonly rows: number;
  /** Neighbours further apart than this are the edges of a gap; null where there can be none. Milliseconds. */
  readonly gapMs: number | null;
}

/**
 * Does a job in the thread it is called in.
 * @throws HyperdashError BAD_REQUEST for a bad `n` or too many rows, INTERNAL_SERVER_ERROR for a malformed COPY
 */
export function runJob(job: DownsamplingJob): DownsamplingResult {
  const { times, values } = 'chunks' in job ? decodeCopy(job.chunks, job.maxRows) : job;
  const gapMs = job.gaps === undefined ? Number.POSITIVE_INFINITY : gapMsFor(times, job.n, job.gaps);
  const kept = downsample(times, values, job.n, { gapMs });
  return { ...kept, rows: times.length, gapMs: Number.isFinite(gapMs) ? gapMs : null };
}

/** Points that a job reads: exactly for columns, at most for a COPY. */
export function pointsOf(job: DownsamplingJob): number {
  if (!('chunks' in job)) return job.times.length;
  const bytes = job.chunks.reduce((total, chunk) => total + chunk.byteLength, 0);
  return Math.floor(bytes / COPY_ROW_BYTES);
}

/** Every buffer of a job or a result, once, for a transfer list. */
export function buffersOf(message: DownsamplingJob | Columns): ArrayBuffer[] {
  const views = 'chunks' in message ? message.chunks : [message.times, message.values];
  return [...new Set(views.map((view) => view.buffer))];
}
