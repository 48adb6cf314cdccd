import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Points } from '../../src/contract/points.ts';
import { transformer } from '../../src/contract/transformer.ts';

const columns = fc.array(fc.tuple(fc.double(), fc.double()), { maxLength: 2000 }).map(
  (rows) =>
    new Points(
      Float64Array.from(rows, ([time]) => time),
      Float64Array.from(rows, ([, value]) => value),
    ),
);

/** Columns with the same bits: `toEqual` takes any NaN for any other. */
function bits({ times, values }: Points): bigint[][] {
  return [times, values].map((column) => [...new BigUint64Array(column.slice().buffer)]);
}

describe('Points', () => {
  test('iterate as time and value, and write the same as JSON', () => {
    const points = new Points(
      Float64Array.of(1_764_669_600_000, 1_764_669_610_000),
      Float64Array.of(45.2, -0.5),
    );
    expect([...points]).toEqual([
      { time: new Date('2025-12-02T10:00:00.000Z'), value: 45.2 },
      { time: new Date('2025-12-02T10:00:10.000Z'), value: -0.5 },
    ]);
    expect(JSON.stringify(points)).toBe(
      '[{"time":"2025-12-02T10:00:00.000Z","value":45.2},{"time":"2025-12-02T10:00:10.000Z","value":-0.5}]',
    );
  });

  test('travel over tRPC exact to the bit', () => {
    fc.assert(
      fc.property(columns, (points) => {
        const received = transformer.parse<{ data: Points }>(transformer.stringify({ data: points })).data;
        expect(received).toBeInstanceOf(Points);
        expect(bits(received)).toEqual(bits(points));
      }),
    );
  });

  test('are encoded alike with and without Buffer, as Node and browsers do', () => {
    const points = new Points(
      Float64Array.from({ length: 3000 }, (_, i) => i * 10_000),
      new Float64Array(3000).fill(Math.PI),
    );
    const { Buffer: buffer } = globalThis;
    const withBuffer = points.toBase64();
    try {
      Reflect.deleteProperty(globalThis, 'Buffer');
      const withoutBuffer = points.toBase64();
      const decoded = Points.fromBase64(withoutBuffer);
      globalThis.Buffer = buffer;
      expect(withoutBuffer).toBe(withBuffer);
      expect(bits(decoded)).toEqual(bits(points));
    } finally {
      globalThis.Buffer = buffer;
    }
  });

  test('refuse columns of different length and text that is not two columns', () => {
    expect(() => new Points(new Float64Array(2), new Float64Array(1))).toThrow(RangeError);
    expect(() => Points.fromBase64('AAAA')).toThrow(RangeError);
  });
});
