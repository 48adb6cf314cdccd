import { describe, expect, test } from 'vitest';
import { parseTime, TimeExpression } from '../../src/contract/time.ts';

describe('a time expression', () => {
  test.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
  ])('%s is a duration back from now', (expression, agoMs) => {
    expect(parseTime(expression)).toEqual({ agoMs });
  });

  test.each([
    ['2025-12-02T10:00:00Z', Date.UTC(2025, 11, 2, 10)],
    ['2025-12-02T10:00:00.250Z', Date.UTC(2025, 11, 2, 10, 0, 0, 250)],
    ['2025-12-02T10:00:00+02:00', Date.UTC(2025, 11, 2, 8)],
    ['2025-12-02T10:00:00', Date.UTC(2025, 11, 2, 10)],
    ['2025-12-02T10:00', Date.UTC(2025, 11, 2, 10)],
    ['2025-12-02', Date.UTC(2025, 11, 2)],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
    ['1764669600000', 1_764_669_600_000],
    [1_764_669_600_000, 1_764_669_600_000],
    [0, 0],
  ])('%s is a point in time', (expression, atMs) => {
    expect(parseTime(expression)).toEqual({ atMs });
  });

  test.each([
    'yesterday',
    '',
    '1h30m',
    '-1h',
    '1.5h',
    '1y',
    '2025-02-30',
    '2025-13-01T00:00:00Z',
    '2025-12-02T25:00:00Z',
    '99999999999999999999',
    '9999999999w',
    '-1',
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e16,
  ])('%s is refused', (expression) => {
    expect(parseTime(expression)).toBeUndefined();
    expect(TimeExpression.safeParse(expression).success).toBe(false);
  });
});
