import { describe, expect, test } from 'vitest';
import { AlignedSeries } from '../../src/client.ts';
import { ChartRows } from '../../web/src/chart/rows.ts';

const NAN = Number.NaN;

/** Two lines, a minute a bucket; the newest has only a part of its samples. */
function minutes(aggregate = 'avg'): ChartRows {
  const column = (...values: number[]) => Float64Array.from(values);
  const aligned = new AlignedSeries(column(0, 60_000, 120_000), [
    {
      host: 'a',
      labels: {},
      gap_ms: 150_000,
      values: column(1, 2, 3),
      min: column(0, 1, 3),
      max: column(2, 3, 3),
    },
    {
      host: 'b',
      labels: {},
      gap_ms: 150_000,
      values: column(5, NAN, 7),
      min: column(5, NAN, 7),
      max: column(5, NAN, 7),
    },
  ]);
  return new ChartRows(aligned, { bucketMs: 60_000, byHost: false, aggregate });
}

const sample = (host: string, timeMs: number, value: number) => ({ host, labels: {}, timeMs, value });

describe('rows of a chart', () => {
  test('hold null where there is nothing', () => {
    expect(minutes().lines[1]!.values).toEqual([5, null, 7]);
  });

  test('count the newest bucket anew from the stream, which begins with it', () => {
    const rows = minutes();
    for (const [timeMs, value] of [
      [120_000, 3],
      [130_000, 9],
      [140_000, 6],
    ])
      rows.append(sample('a', timeMs!, value!));
    expect(rows.times).toEqual([0, 60_000, 120_000]);
    expect(rows.lines[0]!.values).toEqual([1, 2, 6]);
    expect(rows.lines[0]!.max).toEqual([2, 3, 9]);
  });

  test('open a bucket that all lines share, and ignore what came before', () => {
    const rows = minutes();
    rows.append(sample('a', 185_000, 10));
    rows.append(sample('b', 190_000, 20));
    rows.append(sample('a', 185_000, 99));
    rows.append(sample('a', 181_000, 99));
    expect(rows.times).toEqual([0, 60_000, 120_000, 180_000]);
    expect(rows.lines.map(({ values }) => values.at(-1))).toEqual([10, 20]);
    rows.append(sample('a', 195_000, 20));
    expect(rows.lines[0]!.values.at(-1)).toBe(15);
  });

  test.each([
    ['min', 4],
    ['max', 8],
    ['sum', 18],
    ['count', 3],
    ['last', 6],
    ['avg', 6],
  ])('aggregate a live bucket by %s', (aggregate, expected) => {
    const rows = minutes(aggregate);
    for (const [i, value] of [4, 8, 6].entries()) rows.append(sample('a', 180_000 + i * 10_000, value));
    expect(rows.lines[0]!.values.at(-1)).toBe(expected);
  });

  test('say that a sample is of no line', () => {
    expect(minutes().append(sample('c', 180_000, 1))).toBe(false);
  });

  test('drop what has left the range', () => {
    const rows = minutes();
    rows.dropBefore(60_000);
    expect(rows.times).toEqual([60_000, 120_000]);
    expect(rows.lines[0]!.min).toEqual([1, 3]);
  });

  test('put samples as stored at their own times, in order whichever host is late', () => {
    const raw = new AlignedSeries(Float64Array.of(1000), [
      { host: 'a', labels: {}, gap_ms: 5000, values: Float64Array.of(1) },
      { host: 'b', labels: {}, gap_ms: 5000, values: Float64Array.of(2) },
    ]);
    const rows = new ChartRows(raw, { bucketMs: null, byHost: false, aggregate: 'avg' });
    rows.append(sample('a', 3000, 3));
    rows.append(sample('b', 2000, 4));
    expect(rows.times).toEqual([1000, 2000, 3000]);
    expect(rows.lines.map(({ values }) => values)).toEqual([
      [1, null, 3],
      [2, 4, null],
    ]);
  });

  test('make one line of what a host has, each of its series counted once', () => {
    const raw = new AlignedSeries(new Float64Array(0), [
      { host: 'a', labels: {}, gap_ms: 5000, values: new Float64Array(0) },
    ]);
    const rows = new ChartRows(raw, { bucketMs: 10_000, byHost: true, aggregate: 'sum' });
    for (const mount of ['/', '/var', '/']) rows.append({ ...sample('a', 10_000, 5), labels: { mount } });
    expect(rows.lines[0]!.values).toEqual([10]);
  });
});
