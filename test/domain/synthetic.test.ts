import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fillSynthetic, SYNTHETIC_METRICS, type SyntheticSeries } from '../../src/domain/synthetic.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Monday. */
const MONDAY_MS = Date.UTC(2026, 10, 16);

function fill(series: SyntheticSeries, fromMs: number, stepMs: number, length: number) {
  const times = new Float64Array(length);
  const values = new Float64Array(length);
  fillSynthetic(series, fromMs, stepMs, times, values);
  return { times, values };
}

function mean(values: Iterable<number>): number {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    sum += value;
    count++;
  }
  return sum / count;
}

const anySeries = fc.record({
  seed: fc.integer(),
  host: fc.string({ minLength: 1, maxLength: 20 }),
  metric: fc.constantFrom(...SYNTHETIC_METRICS),
});
const anyTime = fc.integer({ min: 0, max: Date.UTC(2100, 0) });

test('a value is the same whatever the range it is asked for in', () => {
  fc.assert(
    fc.property(anySeries, anyTime, fc.nat(400), (series, fromMs, offset) => {
      const long = fill(series, fromMs, 10_000, 500);
      const short = fill(series, fromMs + offset * 10_000, 10_000, 100);
      expect(short.values).toEqual(long.values.slice(offset, offset + 100));
      expect(short.times).toEqual(long.times.slice(offset, offset + 100));
      const one = fill(series, fromMs + offset * 10_000, 1, 1);
      expect(one.values[0]).toBe(long.values[offset]);
    }),
  );
});

test('every value is within 0–100 and has two decimals at most', () => {
  fc.assert(
    fc.property(anySeries, anyTime, fc.integer({ min: 1, max: DAY_MS }), (series, fromMs, stepMs) => {
      for (const value of fill(series, fromMs, stepMs, 300).values) {
        expect(value >= 0 && value <= 100).toBe(true);
        expect(Number(value.toFixed(2))).toBe(value);
      }
    }),
  );
});

test('values of a known seed stay what they were', () => {
  const firsts = SYNTHETIC_METRICS.map(
    (metric) => fill({ seed: 1, host: 'web-1', metric }, MONDAY_MS, 10_000, 1).values[0],
  );
  expect(firsts).toEqual([14.8, 59.06, 86.03]);
});

test('another seed, host or metric gives another series', () => {
  const base: SyntheticSeries = { seed: 1, host: 'web-1', metric: 'cpu_usage' };
  const values = fill(base, MONDAY_MS, 10_000, 100).values;
  for (const change of [{ seed: 2 }, { host: 'web-2' }, { metric: 'memory_usage' }] as const) {
    expect(fill({ ...base, ...change }, MONDAY_MS, 10_000, 100).values).not.toEqual(values);
  }
});

describe.each(['web-1', 'web-2', 'db-1'])('the shapes on %s', (host) => {
  const week = (metric: SyntheticSeries['metric']) =>
    fill({ seed: 1, host, metric }, MONDAY_MS, 10_000, 7 * 8640).values;

  test('CPU is busier in the afternoon than at night, and from Monday to Friday than at the weekend', () => {
    const weeks = fill({ seed: 1, host, metric: 'cpu_usage' }, MONDAY_MS, 60_000, 8 * 7 * 1440);
    const select = (wanted: (hour: number, weekday: number) => boolean) =>
      mean(
        weeks.values.filter((_, i) => {
          const time = new Date(weeks.times[i]!);
          return wanted(time.getUTCHours(), time.getUTCDay());
        }),
      );
    const weekday = (day: number) => day >= 1 && day <= 5;
    const noon = select((hour, day) => weekday(day) && hour >= 12 && hour < 17);
    const night = select((hour, day) => weekday(day) && hour < 6);
    const weekendNoon = select((hour, day) => !weekday(day) && hour >= 12 && hour < 17);
    expect(noon).toBeGreaterThan(1.5 * night);
    expect(noon).toBeGreaterThan(1.2 * weekendNoon);
  });

  test('CPU is no white noise: neighbours are close, yet bursts stand out', () => {
    const values = week('cpu_usage');
    const average = mean(values);
    let steps = 0;
    let spread = 0;
    for (let i = 1; i < values.length; i++) {
      steps += (values[i]! - values[i - 1]!) ** 2;
      spread += (values[i]! - average) ** 2;
    }
    // White noise has a ratio of 2.
    expect(steps / spread).toBeLessThan(0.2);
    expect(Math.max(...values.subarray(0, 60_000))).toBeGreaterThan(2.5 * average);
  });

  test('the disk fills for days and is emptied within half an hour', () => {
    const values = week('disk_usage');
    let halfHourFalls = 0;
    for (let i = 180; i < values.length; i += 180) {
      const change = values[i]! - values[i - 180]!;
      expect(change).toBeLessThan(2);
      if (change < -5) halfHourFalls++;
    }
    expect(halfHourFalls).toBeGreaterThanOrEqual(1);
    expect(halfHourFalls).toBeLessThanOrEqual(6);
    expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(15);
  });

  test('memory moves slowly, but for a restart', () => {
    const values = week('memory_usage');
    let jumps = 0;
    for (let i = 1; i < values.length; i++) {
      if (Math.abs(values[i]! - values[i - 1]!) > 2) jumps++;
    }
    expect(jumps).toBeGreaterThanOrEqual(2);
    expect(jumps).toBeLessThanOrEqual(7);
  });
});
