import { z } from 'zod';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** The first and (exclusive) last instant that Hyperdash stores or is asked for: 1970 and 10 000 AD, epoch ms. */
export const TIME_MIN_MS = 0;
export const TIME_MAX_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** A time expression, resolved as far as it can be without a clock. Both in milliseconds. */
export type ParsedTime = { readonly agoMs: number } | { readonly atMs: number };

const isoDateTime = z.iso.datetime({ offset: true, local: true });
const isoDate = z.iso.date();
const ISO_DATE_LENGTH = 'YYYY-MM-DD'.length;

/**
 * Reads `90s`, `15m`, `1h`, `7d`, `2w` (back from now), ISO 8601 (without an offset: UTC) or epoch milliseconds.
 * @returns undefined for anything else, and for times outside 1970–9999
 */
export function parseTime(expression: string | number): ParsedTime | undefined {
  if (typeof expression === 'number') return within(expression);
  const duration = /^(\d{1,9})([smhdw])$/.exec(expression);
  if (duration) {
    const agoMs = Number(duration[1]) * UNIT_MS[duration[2] as keyof typeof UNIT_MS];
    return agoMs <= TIME_MAX_MS ? { agoMs } : undefined;
  }
  if (/^\d{1,15}$/.test(expression)) return within(Number(expression));
  if (expression.length === ISO_DATE_LENGTH && isoDate.safeParse(expression).success) {
    return within(Date.parse(expression));
  }
  if (!isoDateTime.safeParse(expression).success) return undefined;
  const hasOffset = /(Z|[+-]\d{2}:?\d{2})$/.test(expression);
  return within(Date.parse(hasOffset ? expression : `${expression}Z`));
}

function within(atMs: number): ParsedTime | undefined {
  return Number.isInteger(atMs) && atMs >= TIME_MIN_MS && atMs <= TIME_MAX_MS ? { atMs } : undefined;
}

/** A point in time as a request names it; see {@link parseTime}. */
export const TimeExpression = z
  .union([z.string().max(40), z.number()])
  .refine(
    (expression) => parseTime(expression) !== undefined,
    'must be a duration back from now (90s, 15m, 1h, 7d, 2w), an ISO 8601 time or epoch milliseconds, between 1970 and 9999',
  );
