import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CopyDecoder } from '../../src/domain/copy-binary.ts';
import { HyperdashError } from '../../src/errors.ts';
import {
  type CopyRow,
  columnsIn,
  copyBytes,
  decodeCopy,
  ROW_TYPES,
  steadyCopyBytes,
} from '../support/copy-bytes.ts';

const HEADER_BYTES = 19;
const ROWS: CopyRow[] = [
  [1_764_669_600_000_000n, 45.2],
  [1_764_669_610_000_123n, -0],
  [1_764_669_620_000_000n, Number.MIN_VALUE],
];

/** The bytes cut at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((end, i) => bytes.subarray(edges[i], end));
}

describe('decoding a COPY', () => {
  test('gives epoch milliseconds, microseconds as a fraction, and values to the bit', () => {
    const { times, values } = decodeCopy([copyBytes(ROWS)], 10);
    expect([...times]).toEqual([1_764_669_600_000, 1_764_669_610_000.123, 1_764_669_620_000]);
    expect([...values]).toEqual([45.2, -0, Number.MIN_VALUE]);
  });

  test('gives no rows for a COPY of none', () => {
    const { times, values } = decodeCopy([copyBytes([])], 10);
    expect([times.length, values.length]).toEqual([0, 0]);
  });

  test('gives every time from 1970 to 9999 as the nearest double', () => {
    const microseconds = fc.bigInt({ min: 0n, max: 253_402_300_799_999_999n });
    fc.assert(
      fc.property(fc.array(microseconds, { maxLength: 20 }), (times) => {
        const rows = times.map((time): CopyRow => [time, 1]);
        const expected = times.map((time) => Number(time) / 1000);
        const decoded = decodeCopy([copyBytes(rows)], 20).times;
        decoded.forEach((time, i) => {
          const exact = times[i]! < 9_007_199_254_740_992n;
          if (exact) expect(time).toBe(expected[i]);
          else expect(Math.abs(time - expected[i]!)).toBeLessThan(0.1);
        });
      }),
    );
  });

  test('gives the same columns wherever the chunks are cut', () => {
    const row = fc.tuple(
      fc.bigInt({ min: 0n, max: 4_000_000_000_000_000n }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    const rows = fc.array(row, { maxLength: 30 });
    const extension = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(rows, extension, fc.array(fc.nat(2000), { maxLength: 30 }), (list, extra, places) => {
        const bytes = copyBytes(list, extra);
        expect(decodeCopy(cut(bytes, places), 30)).toEqual(decodeCopy([bytes], 30));
      }),
      { numRuns: 2000 },
    );
  });

  test('gives the same columns byte by byte', () => {
    const bytes = copyBytes(ROWS, Uint8Array.of(1, 2, 3));
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(decodeCopy(single, 3)).toEqual(decodeCopy([bytes], 3));
  });
});

describe('CopyDecoder', () => {
  test('gives segments of bounded length and forgets no row', () => {
    const bytes = steadyCopyBytes(200_000);
    const decoder = new CopyDecoder({ types: ROW_TYPES, maxRows: 200_000 });
    for (let i = 0; i < bytes.length; i += 50_000) decoder.push(bytes.subarray(i, i + 50_000));
    expect(decoder.rows).toBe(200_000);
    const segments = decoder.finish();
    expect(Math.max(...segments.map(([times]) => times!.length))).toBe(65_536);
    const { times, values } = columnsIn(segments);
    expect(times.length).toBe(200_000);
    expect(times.findIndex((time, i) => time !== 1_764_669_600_000 + i * 10_000)).toBe(-1);
    expect(values.findIndex((value, i) => value !== Math.sin(i / 500) * 50)).toBe(-1);
  });

  test('reads columns of other types and number', () => {
    const decoder = new CopyDecoder({ types: ['int4', 'float8', 'timestamptz'], maxRows: 1 });
    const row = Buffer.alloc(2 + 8 + 12 + 12);
    row.writeInt16BE(3);
    row.writeInt32BE(4, 2);
    row.writeInt32BE(-7, 6);
    row.writeInt32BE(8, 10);
    row.writeDoubleBE(1.5, 14);
    row.writeInt32BE(8, 22);
    row.writeBigInt64BE(1_000_000n, 26);
    const empty = copyBytes([]);
    decoder.push(Buffer.concat([empty.subarray(0, HEADER_BYTES), row, empty.subarray(HEADER_BYTES)]));
    expect(decoder.finish().map((segment) => segment.map((column) => column[0]))).toEqual([
      [-7, 1.5, 946_684_801_000],
    ]);
  });

  test('does not read a chunk once push has returned', () => {
    const bytes = copyBytes(ROWS);
    const decoder = new CopyDecoder({ types: ROW_TYPES, maxRows: 3 });
    for (const chunk of cut(bytes, [30, 50])) {
      const reused = chunk.slice();
      decoder.push(reused);
      reused.fill(0);
    }
    expect(columnsIn(decoder.finish())).toEqual(decodeCopy([bytes], 3));
  });

  test('refuses more rows than allowed and proposes fit', () => {
    const decoder = new CopyDecoder({ types: ROW_TYPES, maxRows: 2 });
    expect(() => decoder.push(copyBytes(ROWS))).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST', message: expect.stringContaining('resolution=fit') }),
    );
  });

  test('takes as many rows as allowed', () => {
    expect(decodeCopy([copyBytes(ROWS)], 3).times).toHaveLength(3);
  });
});

describe('a malformed COPY', () => {
  const valid = copyBytes(ROWS);
  const altered = (at: number, byte: number) => {
    const bytes = valid.slice();
    bytes[at] = byte;
    return bytes;
  };

  test.each([
    ['is empty', new Uint8Array(), 'before its trailer'],
    ['has another signature', altered(3, 0), 'signature'],
    ['has an unknown critical flag', altered(12, 1), 'flags'],
    ['ends within its header', valid.subarray(0, 12), 'before its trailer'],
    ['ends after its header', valid.subarray(0, HEADER_BYTES), 'before its trailer'],
    ['ends within a row', valid.subarray(0, HEADER_BYTES + 30), 'before its trailer'],
    ['ends before its trailer', valid.subarray(0, -2), 'before its trailer'],
    ['goes on after its trailer', Uint8Array.from([...valid, ...valid]), 'follow its trailer'],
    ['has rows of three fields', altered(HEADER_BYTES + 1, 3), '3 fields'],
    ['has a short field', altered(HEADER_BYTES + 5, 4), 'another length'],
    ['has a NULL time', copyBytes([[null, 1], ...ROWS]), 'NULL'],
    ['has a NULL value', copyBytes([[1n, null], ...ROWS]), 'NULL'],
  ])('that %s is a coded error', (_, bytes, message) => {
    expect(() => decodeCopy([bytes], 100)).toThrow(
      expect.objectContaining({
        code: 'INTERNAL_SERVER_ERROR',
        message: expect.stringContaining(message),
      }),
    );
  });

  test('that is any bytes throws nothing but a coded error', () => {
    const start = valid.subarray(0, HEADER_BYTES);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (bytes, withHeader) => {
        try {
          decodeCopy(withHeader ? [start, bytes] : [bytes], 100);
        } catch (error) {
          expect(error).toBeInstanceOf(HyperdashError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
