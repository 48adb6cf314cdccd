import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCommitted, encodeCommitted } from '../../src/live/bus.ts';

test('a commit comes out of a message as it went in', () => {
  const sample = fc.tuple(fc.integer(), fc.double({ noNaN: true }), fc.double({ noNaN: true }));
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.array(sample), (xid, rows) => {
      const samples = {
        seriesIds: Int32Array.from(rows, ([id]) => id),
        times: Float64Array.from(rows, ([, time]) => time),
        values: Float64Array.from(rows, ([, , value]) => value),
      };
      expect(decodeCommitted(encodeCommitted({ xid, samples }))).toEqual({ xid, samples });
    }),
  );
});

test('a message of another kind is not read', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const committed = decodeCommitted(Buffer.from(bytes));
      if (committed) expect(16 + committed.samples.times.length * 20).toBe(bytes.length);
    }),
  );
});
