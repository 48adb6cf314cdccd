import { describe, expect, test } from 'vitest';
import { decodeSamples } from '../../../src/ingest/protocols/json.ts';
import { SeriesRegistry } from '../../../src/ingest/series-registry.ts';
import { decoding, OLDEST_MS, RECEIVED_MS } from '../../support/decoding.ts';

const GOOD = { host: 'web-1', metric_name: 'cpu_usage', value: 1 };

/** A registry that knows the series of GOOD, so that it is checked the fast way; and one that knows nothing. */
function registries(): readonly [string, SeriesRegistry][] {
  const knowing = new SeriesRegistry();
  decoding((context) => decodeSamples([GOOD, { ...GOOD, labels: { a: '1' } }], context), knowing);
  return [
    ['new', new SeriesRegistry()],
    ['known', knowing],
  ];
}

describe.each(registries())('samples of a %s series', (_, registry) => {
  const decoded = (...samples: unknown[]) => decoding((context) => decodeSamples(samples, context), registry);
  const reasonFor = (sample: unknown) => decoded(sample).rejections[0]?.reason;

  test('are kept where they are good, and rejected by index where they are not', () => {
    const { samples, rejections } = decoded(GOOD, { ...GOOD, value: Number.NaN }, GOOD, {
      ...GOOD,
      host: '',
    });
    expect(samples).toHaveLength(2);
    expect(rejections.map(({ index }) => index)).toEqual([1, 3]);
  });

  test.each([
    ['not an object', 'text', 'input'],
    ['nothing', null, 'input'],
    ['a missing value', { host: 'web-1', metric_name: 'cpu_usage' }, 'value'],
    ['a value that is not finite', { ...GOOD, value: Number.POSITIVE_INFINITY }, 'value'],
    ['a value in quotes', { ...GOOD, value: '1' }, 'value'],
    ['an empty host', { ...GOOD, host: '' }, 'host'],
    ['a host with control characters', { ...GOOD, host: 'a\u0000b' }, 'host'],
    ['a name with a lone surrogate', { ...GOOD, metric_name: 'a\ud800' }, 'metric_name'],
    ['a name over 200 characters', { ...GOOD, metric_name: 'a'.repeat(201) }, 'metric_name'],
    ['a time that is none', { ...GOOD, time: 'yesterday' }, 'time'],
    ['a day that there is not', { ...GOOD, time: '2026-01-32T00:00:00Z' }, 'time'],
    ['a time that is an invalid Date', { ...GOOD, time: new Date(Number.NaN) }, 'time'],
    ['a label that is not text', { ...GOOD, labels: { a: 1 } }, 'labels.a'],
    ['labels that are a list', { ...GOOD, labels: ['a'] }, 'labels'],
    ['a label named constructor', { ...GOOD, labels: { constructor: 'x' } }, 'labels.constructor'],
    ['a label named __proto__', { ...GOOD, labels: JSON.parse('{"__proto__":"x"}') }, 'labels.__proto__'],
    [
      'too many labels',
      { ...GOOD, labels: Object.fromEntries(Array.from({ length: 65 }, (_value, i) => [`l${i}`, 'v'])) },
      'labels',
    ],
    ['a field that is not known', { ...GOOD, tags: { a: 'b' } }, 'tags'],
    ['a time before the retention', { ...GOOD, time: OLDEST_MS - 1 }, 'time'],
    ['a time in the future', { ...GOOD, time: RECEIVED_MS + 86_400_001 }, 'time'],
  ])('are rejected for %s, by the name of the field', (_case, sample, field) => {
    expect(reasonFor(sample)).toMatch(new RegExp(`^${field.replace('.', '\\.')}: `));
  });

  test('name the limit that a sample too old ran into', () => {
    expect(reasonFor({ ...GOOD, time: OLDEST_MS - 1 })).toMatch(/2026-01-01T00:00:00.000Z.*RETAIN_RAW/);
  });

  test.each([
    ['an ISO time', '2026-01-15T00:00:00Z'],
    ['an ISO time with an offset', '2026-01-15T02:00:00+02:00'],
    ['epoch milliseconds', Date.UTC(2026, 0, 15)],
    ['a Date', new Date(Date.UTC(2026, 0, 15))],
  ])('may have %s', (_case, time) => {
    expect(decoded({ ...GOOD, time }).samples[0]?.timeMs).toBe(Date.UTC(2026, 0, 15));
  });

  test('have the time of the request where they have none', () => {
    expect(decoded(GOOD).samples[0]?.timeMs).toBe(RECEIVED_MS);
  });

  test('are not mistaken for others whose names run into one another', () => {
    const { samples, rejections } = decoded(
      { ...GOOD, labels: { a: '1' } },
      { metric_name: 'cpu_usage\0web-1', host: 'a', value: 1, labels: {} },
      { metric_name: 'cpu_usage', host: 'web-1\0a\u00001', value: 1 },
    );
    expect(samples).toHaveLength(1);
    expect(rejections.map(({ index }) => index)).toEqual([1, 2]);
  });
});
