import { parseTime } from '../contract/time.ts';

/** Samples of the last minute may still be on their way from a well-behaved sender. */
const ARRIVING_SECONDS = 60;
/** While late samples are taken for a range, its answer may change at any time, though it rarely does. */
const LATE_SECONDS = 300;
const SETTLED_SECONDS = 86_400;

/** The range of an answer, and what decides whether it can still change. */
export interface AnsweredRange {
  /** As they were asked; null for now. */
  readonly start: string | number;
  readonly end: string | number | null;
  /** The end of the range, resolved, epoch milliseconds. */
  readonly toMs: number;
  readonly nowMs: number;
  /** Samples older than this are not taken any more, in milliseconds. */
  readonly lateMs: number;
}

/**
 * How long an answer about a range stays true, in seconds; 0 where it may be another one at once. A duration back
 * from now means another range a moment later; times mean the same range for ever, of which no sample can change
 * once it lies before what is taken as late.
 */
export function freshForSeconds({ start, end, toMs, nowMs, lateMs }: AnsweredRange): number {
  if (!isFixed(start) || end === null || !isFixed(end)) return 0;
  if (toMs > nowMs - ARRIVING_SECONDS * 1000) return 0;
  return toMs > nowMs - lateMs ? LATE_SECONDS : SETTLED_SECONDS;
}

function isFixed(expression: string | number): boolean {
  const time = parseTime(expression);
  return time !== undefined && 'atMs' in time;
}
