import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSnapshot } from '../../src/domain/snapshot.ts';
import { EntryIds } from '../../src/live/event-id.ts';
import { entriesOf, Ring } from '../../src/live/ring.ts';

const snapshot = parseSnapshot('1:1:')!;
const ids = new EntryIds({ epoch: 'a', entry: 0, atMs: 0, snapshot });

function columnsOf(rows: number) {
  return { seriesIds: new Int32Array(rows), times: new Float64Array(rows), values: new Float64Array(rows) };
}

test('a ring keeps the newest entries under their numbers, and no more than its bound', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 256 }), { maxLength: 3000 }), (sizes) => {
      const ring = new Ring(10_000);
      for (const [number, rows] of sizes.entries()) {
        expect(ring.end).toBe(number);
        ring.push({ xid: number, samples: columnsOf(rows), publishedMs: 0, ids, snapshot });
      }
      const kept = ring.slice(ring.first, ring.end);
      expect(kept.map(({ xid }) => xid)).toEqual(
        Array.from({ length: ring.end - ring.first }, (_, i) => ring.first + i),
      );
      expect(kept.reduce((sum, { samples }) => sum + samples.times.length, 0)).toBeLessThanOrEqual(10_000);
      expect(ring.get(ring.first - 1)).toBeUndefined();
      expect(ring.get(ring.end)).toBeUndefined();
      if (sizes.length > 0) expect(ring.get(ring.end - 1)?.xid).toBe(sizes.length - 1);
    }),
    { numRuns: 30 },
  );
});

test('a commit is cut into entries without a sample lost', () => {
  const samples = { ...columnsOf(1000), times: Float64Array.from({ length: 1000 }, (_, i) => i) };
  const pieces = [...entriesOf(samples)];
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.flatMap(({ times }) => [...times])).toEqual([...samples.times]);
});
