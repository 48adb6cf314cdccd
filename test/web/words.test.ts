import { describe, expect, test } from 'vitest';
import { boundsOf, chartAddress, DEFAULT_STATE, parseChartState } from '../../web/src/chart-state.ts';
import { ago, axisTime, bucketWidth, duration, utcTime } from '../../web/src/format/time.ts';
import { axisValue, metricTitle, unitOf, withUnit } from '../../web/src/format/unit.ts';

describe('the address of a chart', () => {
  test('holds all that the chart shows', () => {
    const state = {
      metrics: ['cpu_usage', 'a&b=c'],
      hosts: ['web-1', 'wéb/2'],
      match: ['mount=/var', 'type=a=b'],
      aggregate: 'max',
      by: 'host',
      band: 'on',
      range: { fromMs: 1000, toMs: 5000 },
    } as const;
    const address = new URL(chartAddress(state), 'http://localhost');
    expect(parseChartState(address.search)).toEqual(state);
    const live = { ...DEFAULT_STATE, metrics: ['m'], range: { span: '7d' } } as const;
    expect(chartAddress(live)).toBe('/chart?metric=m&range=7d');
    expect(parseChartState('?metric=m&range=7d')).toEqual(live);
  });

  test('that nobody understands shows what goes without saying', () => {
    expect(parseChartState('?range=9y&aggregate=median&by=&from=x&to=1&match=nonsense')).toEqual(
      DEFAULT_STATE,
    );
    expect(parseChartState('?from=5000&to=1000').range).toEqual(DEFAULT_STATE.range);
    expect(parseChartState('?range=constructor').range).toEqual(DEFAULT_STATE.range);
  });

  test('of a range that ends now moves with the clock', () => {
    expect(boundsOf({ span: '1h' }, 10_000_000)).toEqual({ fromMs: 6_400_000, toMs: 10_000_000 });
  });
});

describe('a value in words', () => {
  test.each([
    [12.34, 'percent', '12.3 %'],
    [1536, 'bytes', '1.50 KiB'],
    [1024 ** 3 * 250, 'bytes', '250 GiB'],
    [0, 'bytes_per_second', '0 B/s'],
    [0.0123, 'seconds', '12.3 ms'],
    [0.00001, 'seconds', '10 µs'],
    [90, 'seconds', '90 s'],
    [7200 * 3, 'seconds', '6 h'],
    [1.25, '', '1.25'],
    [12_345, '', '12,345'],
    [2_500_000, '', '2.50 M'],
    [3, 'requests', '3 requests'],
    [-1536, 'bytes', '-1.50 KiB'],
  ])('%s %s is %s', (value, unit, expected) => {
    expect(withUnit(value, unit)).toBe(expected);
  });

  test('has no zeros on an axis that say nothing', () => {
    expect([axisValue(100, 'percent'), axisValue(1536, 'bytes'), axisValue(0.05, '')]).toEqual([
      '100 %',
      '1.5 KiB',
      '0.05',
    ]);
  });

  test('takes its unit from who sent it, or else from the name', () => {
    expect(unitOf('cpu_usage', null)).toBe('percent');
    expect(unitOf('heap_bytes', undefined)).toBe('bytes');
    expect(unitOf('cpu_usage', 'cores')).toBe('cores');
    expect([metricTitle('cpu_usage'), metricTitle('http_requests_total')]).toEqual([
      'CPU usage',
      'HTTP requests total',
    ]);
  });
});

describe('a time in words', () => {
  test('is in UTC where it says so', () => {
    expect(utcTime(Date.UTC(2025, 11, 2, 10))).toBe('2025-12-02 10:00:00 UTC');
  });

  test('is as short as its step allows', () => {
    const noon = new Date(2025, 11, 2, 12, 30).getTime();
    expect(axisTime(noon, 1000)).toBe('12:30:00');
    expect(axisTime(noon, 60_000)).toBe('12:30');
    expect(axisTime(new Date(2025, 11, 2).getTime(), 3_600_000)).toBe('Dec 2');
  });

  test('says how long', () => {
    expect([
      duration(500),
      duration(90_000),
      duration(900_000),
      duration(86_400_000),
      duration(7 * 86_400_000),
    ]).toEqual(['500 ms', '90 s', '15 min', '24 h', '7 d']);
    expect([ago(0, 1000), ago(0, 30_000)]).toEqual(['now', '30 s ago']);
    expect([10_000, 60_000, 3_600_000, 86_400_000].map(bucketWidth)).toEqual(['10 s', '1 min', '1 h', '1 d']);
  });
});
