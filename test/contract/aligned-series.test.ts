import { expect, test } from 'vitest';
import { AlignedSeries } from '../../src/contract/aligned-series.ts';
import { transformer } from '../../src/contract/transformer.ts';

const aligned = new AlignedSeries(Float64Array.of(1000, 2000.5, 3000), [
  {
    host: 'a',
    labels: { mount: '/' },
    gap_ms: 2500,
    values: Float64Array.of(0.1, Number.NaN, -0),
    min: Float64Array.of(0, Number.NaN, -1),
    max: Float64Array.of(1, Number.NaN, 5e-324),
  },
  { host: 'b', labels: {}, gap_ms: 1, values: Float64Array.of(Number.NaN, 2, 3) },
]);

test('aligned series travel exactly, gaps included', () => {
  const arrived = transformer.parse<AlignedSeries>(transformer.stringify(aligned));
  expect(arrived).toBeInstanceOf(AlignedSeries);
  expect(arrived).toEqual(aligned);
  expect(Object.is(arrived.series[0]!.values[2], -0)).toBe(true);
  expect(arrived.series[1]).not.toHaveProperty('min');
});

test('their JSON has ISO times and null for a gap', () => {
  expect(JSON.parse(JSON.stringify(aligned))).toEqual({
    times: ['1970-01-01T00:00:01.000Z', '1970-01-01T00:00:02.000Z', '1970-01-01T00:00:03.000Z'],
    series: [
      {
        host: 'a',
        labels: { mount: '/' },
        gap_ms: 2500,
        values: [0.1, null, 0],
        min: [0, null, -1],
        max: [1, null, 5e-324],
      },
      { host: 'b', labels: {}, gap_ms: 1, values: [null, 2, 3] },
    ],
  });
});

test('columns of another length are refused', () => {
  const short = { host: 'a', labels: {}, gap_ms: 1, values: new Float64Array(2) };
  expect(() => new AlignedSeries(new Float64Array(3), [short])).toThrow(RangeError);
  const wire = aligned.toWire();
  expect(() => AlignedSeries.fromWire({ ...wire, rows: 4 })).toThrow(RangeError);
});

test('no series and no times are an answer too', () => {
  const empty = new AlignedSeries(new Float64Array(0), []);
  expect(AlignedSeries.fromWire(empty.toWire())).toEqual(empty);
});
