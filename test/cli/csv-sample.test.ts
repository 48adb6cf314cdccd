import { expect, test } from 'vitest';
import { parseCsvSample, parseTimestamp } from '../../src/cli/csv-sample.ts';

test.each([
  ['2014-02-14 14:30:00', '2014-02-14T14:30:00.000Z'],
  ['2014-02-14 14:30', '2014-02-14T14:30:00.000Z'],
  ['2014-02-14 14:30:00.250', '2014-02-14T14:30:00.250Z'],
  ['2014-02-14T14:30:00Z', '2014-02-14T14:30:00.000Z'],
  ['2014-02-14T14:30:00', '2014-02-14T14:30:00.000Z'],
  ['2014-02-14T14:30:00+02:00', '2014-02-14T12:30:00.000Z'],
  ['2014-02-14 14:30:00+00', '2014-02-14T14:30:00.000Z'],
  ['2014-02-14 14:30:00 UTC', '2014-02-14T14:30:00.000Z'],
  ['2014-02-14', '2014-02-14T00:00:00.000Z'],
  ['1392388200', '2014-02-14T14:30:00.000Z'],
  ['1392388200.5', '2014-02-14T14:30:00.500Z'],
  ['1392388200000', '2014-02-14T14:30:00.000Z'],
  ['0', '1970-01-01T00:00:00.000Z'],
])('%s is %s', (text, expected) => {
  expect(new Date(parseTimestamp(text)!).toISOString()).toBe(expected);
});

test.each([
  '1h',
  '7d',
  'yesterday',
  '2014-02-30 00:00:00',
  '14/02/2014',
  '-5',
  '1e9',
  '99999999999999999',
  '',
])('%j is no timestamp', (text) => {
  expect(parseTimestamp(text)).toBeUndefined();
});

test.each([
  [undefined, '1', 'the timestamp is missing'],
  ['2014-02-14', undefined, 'the value is missing'],
  ['2014-02-14', '', 'the value is missing'],
  ['x', '1', 'not a timestamp: "x"'],
  ['2014-02-14', 'NaN', 'not a finite value: "NaN"'],
  ['2014-02-14', '-inf', 'not a finite value: "-inf"'],
  ['2014-02-14', '1e999', 'not a finite value: "1e999"'],
  ['2014-02-14', '0x10', 'not a number: "0x10"'],
  ['2014-02-14', '1,5', 'not a number: "1,5"'],
  ['2014-02-14', '12 %', 'not a number: "12 %"'],
])('%j with %j: %s', (timestamp, value, reason) => {
  expect(parseCsvSample(timestamp, value)).toEqual({ reason });
});

test.each([
  ['0.132', 0.132],
  ['-5', -5],
  ['+1.5e3', 1500],
  ['.5', 0.5],
  ['5.', 5],
])('the value %s is %d', (value, expected) => {
  expect(parseCsvSample('0', value)).toEqual({ timeMs: 0, value: expected });
});
