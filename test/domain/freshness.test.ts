import { expect, test } from 'vitest';
import { freshForSeconds } from '../../src/domain/freshness.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 0, 31);

function fresh(start: string | number, end: string | number | null, endedMs: number): number {
  return freshForSeconds({ start, end, toMs: NOW_MS - endedMs, nowMs: NOW_MS, lateMs: 7 * DAY_MS });
}

test('a range that ends now, or by a duration back from now, may be another one at once', () => {
  expect(fresh('1h', null, 0)).toBe(0);
  expect(fresh('2026-01-01', null, 0)).toBe(0);
  expect(fresh('2026-01-01', '2d', 2 * DAY_MS)).toBe(0);
  expect(fresh('9d', '2026-01-29', 2 * DAY_MS)).toBe(0);
});

test('a range that ended within the last minute, or is yet to end, may still fill', () => {
  expect(fresh('2026-01-01', NOW_MS - 59_999, 59_999)).toBe(0);
  expect(fresh('2026-01-01', NOW_MS + DAY_MS, -DAY_MS)).toBe(0);
});

test('a range of the past is true for minutes while late samples are taken, then for a day', () => {
  expect(fresh('2026-01-01', '2026-01-29', 2 * DAY_MS)).toBe(300);
  expect(fresh(NOW_MS - 8 * DAY_MS, NOW_MS - 7 * DAY_MS, 7 * DAY_MS)).toBe(86_400);
});
