import { describe, expect, test } from 'vitest';
import { validate } from '../../src/ingest/validate.ts';

const NOW_MS = Date.UTC(2026, 0, 31);
const OLDEST_MS = Date.UTC(2026, 0, 1);
const GOOD = { host: 'web-1', metric_name: 'cpu_usage', value: 1 };

/** The reason why one sample is rejected; undefined where it is not. */
function reasonFor(sample: unknown): string | undefined {
  return validate([sample], OLDEST_MS, NOW_MS).rejected[0]?.reason;
}

describe('validation of samples', () => {
  test('keeps the good ones of a batch and names the bad by index', () => {
    const { samples, rejected } = validate(
      [GOOD, { ...GOOD, value: Number.NaN }, GOOD, { ...GOOD, host: '' }],
      OLDEST_MS,
      NOW_MS,
    );
    expect(samples).toHaveLength(2);
    expect(rejected.map(({ index }) => index)).toEqual([1, 3]);
  });

  test.each([
    ['not an object', 'text', 'input'],
    ['nothing', null, 'input'],
    ['a missing value', { host: 'a', metric_name: 'b' }, 'value'],
    ['a value that is not finite', { ...GOOD, value: Number.POSITIVE_INFINITY }, 'value'],
    ['a value in quotes', { ...GOOD, value: '1' }, 'value'],
    ['an empty host', { ...GOOD, host: '' }, 'host'],
    ['a host with control characters', { ...GOOD, host: 'a\u0000b' }, 'host'],
    ['a name with a lone surrogate', { ...GOOD, metric_name: 'a\ud800' }, 'metric_name'],
    ['a name over 200 characters', { ...GOOD, metric_name: 'a'.repeat(201) }, 'metric_name'],
    ['a time that is none', { ...GOOD, time: 'yesterday' }, 'time'],
    ['a time that is an invalid Date', { ...GOOD, time: new Date(Number.NaN) }, 'time'],
    ['a label that is not text', { ...GOOD, labels: { a: 1 } }, 'labels.a'],
    [
      'too many labels',
      { ...GOOD, labels: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`l${i}`, 'v'])) },
      'labels',
    ],
    ['a field that is not known', { ...GOOD, tags: { a: 'b' } }, 'tags'],
    ['a time before the retention', { ...GOOD, time: OLDEST_MS - 1 }, 'time'],
    ['a time in the future', { ...GOOD, time: NOW_MS + 1 }, 'time'],
  ])('rejects %s and names the field', (_, sample, field) => {
    expect(reasonFor(sample)).toMatch(new RegExp(`^${field.replace('.', '\\.')}: `));
  });

  test('says which limit an old sample ran into', () => {
    expect(reasonFor({ ...GOOD, time: OLDEST_MS - 1 })).toMatch(/2026-01-01T00:00:00.000Z.*RETAIN_RAW/);
  });

  test.each([
    ['an ISO time', '2026-01-15T00:00:00Z'],
    ['an ISO time with an offset', '2026-01-15T02:00:00+02:00'],
    ['epoch milliseconds', Date.UTC(2026, 0, 15)],
    ['a Date', new Date(Date.UTC(2026, 0, 15))],
  ])('takes %s', (_, time) => {
    const [sample] = validate([{ ...GOOD, time }], OLDEST_MS, NOW_MS).samples;
    expect(sample?.time).toEqual(new Date(Date.UTC(2026, 0, 15)));
  });
});
