import { parseTime } from '../contract/time.ts';

/** Larger epoch numbers are milliseconds, smaller ones seconds: 5138 AD in seconds, March 1973 in milliseconds. */
const SECONDS_BELOW = 1e11;

/** A line's sample, or why it has none. */
export type CsvSample = { readonly timeMs: number; readonly value: number } | { readonly reason: string };

/** Reads the two columns of one line; either may be absent in a short line. */
export function parseCsvSample(timestamp: string | undefined, value: string | undefined): CsvSample {
  if (!timestamp) return { reason: 'the timestamp is missing' };
  if (!value) return { reason: 'the value is missing' };
  const timeMs = parseTimestamp(timestamp);
  if (timeMs === undefined) return { reason: `not a timestamp: ${quote(timestamp)}` };
  const number = parseNumber(value);
  if (number === undefined) return { reason: `not a number: ${quote(value)}` };
  if (!Number.isFinite(number)) return { reason: `not a finite value: ${quote(value)}` };
  return { timeMs, value: number };
}

/**
 * Reads ISO 8601 with `T` or a space, UTC where it has no offset, or epoch seconds or milliseconds.
 * @returns epoch ms; undefined for anything else, and outside 1970–9999
 */
export function parseTimestamp(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return epochMs(Number(text));
  const iso = text.replace(/^(\d{4}-\d{2}-\d{2})[ Tt] ?/, '$1T').replace(/ ?([+-]\d{2})$/, '$1:00');
  // A bare date would otherwise gain an offset from its day: 2024-01-02 ends like one.
  const parsed = parseTime(/^\d{4}-\d{2}-\d{2}$/.test(text) ? text : iso.replace(/ ?(z|utc)$/i, 'Z'));
  return parsed && 'atMs' in parsed ? parsed.atMs : undefined;
}

function epochMs(number: number): number | undefined {
  const parsed = parseTime(number < SECONDS_BELOW ? Math.round(number * 1000) : number);
  return parsed && 'atMs' in parsed ? parsed.atMs : undefined;
}

/** A decimal number, or one of the words for what is none. */
function parseNumber(text: string): number | undefined {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  return /^(nan|[+-]?inf(inity)?)$/i.test(text) ? Number.NaN : undefined;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
