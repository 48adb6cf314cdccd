import { parseTime } from '../contract/time.ts';
import { badField } from '../errors.ts';

/** A half-open range of time `[fromMs, toMs)` in epoch milliseconds. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Resolves a range against the clock; `end` defaults to now.
 * @throws HyperdashError BAD_REQUEST where an expression cannot be read or the range is empty
 */
export function resolveRange(
  start: string | number,
  end: string | number | undefined,
  nowMs: number,
): TimeRange {
  const fromMs = resolve('start', start, nowMs);
  const toMs = end === undefined ? nowMs : resolve('end', end, nowMs);
  if (end === undefined && fromMs >= toMs) throw badField('start', 'must be before now');
  if (fromMs >= toMs) throw badField('end', 'must be after start');
  return { fromMs, toMs };
}

function resolve(field: string, expression: string | number, nowMs: number): number {
  const time = parseTime(expression);
  if (time === undefined) throw badField(field, 'is not a time');
  return 'atMs' in time ? time.atMs : Math.max(0, nowMs - time.agoMs);
}
