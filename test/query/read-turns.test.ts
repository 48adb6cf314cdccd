import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createReadTurns, type ReadExtent } from '../../src/query/read-turns.ts';

const DAY_MS = 86_400_000;
const LARGE: ReadExtent = { rangeMs: 30 * DAY_MS, bucketMs: null, seriesCount: 1 };
const SMALL: ReadExtent = { rangeMs: DAY_MS, bucketMs: null, seriesCount: 1 };

/** Reads that end when told to, and how many have begun. */
function openReads() {
  const ends: (() => void)[] = [];
  return {
    begun: () => ends.length,
    end() {
      for (const end of ends.splice(0)) end();
    },
    read: () => new Promise<void>((resolve) => ends.push(resolve)),
  };
}

test('large reads take a quarter of the connections, at least one, and the rest wait in order', async () => {
  for (const [connections, atOnce] of [
    [1, 1],
    [8, 2],
    [10, 2],
  ] as const) {
    const turns = createReadTurns(connections);
    const reads = openReads();
    const order: number[] = [];
    const all = Array.from({ length: 6 }, (_, i) => turns.run(LARGE, reads.read).then(() => order.push(i)));
    for (let done = 0; done < 6; done += atOnce) {
      await setImmediate();
      expect(reads.begun()).toBe(atOnce);
      reads.end();
    }
    await Promise.all(all);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  }
});

test('small reads pass large ones', async () => {
  const turns = createReadTurns(4);
  const reads = openReads();
  const large = turns.run(LARGE, reads.read);
  await expect(turns.run(SMALL, async () => 'done')).resolves.toBe('done');
  reads.end();
  await large;
});

test('a read is large by its range, its buckets and its number of series', async () => {
  const minutes = { bucketMs: 60_000, seriesCount: 1 };
  const extents: [ReadExtent, boolean][] = [
    [{ rangeMs: DAY_MS, ...minutes }, false],
    [{ rangeMs: 30 * DAY_MS, ...minutes }, true],
    [{ ...SMALL, seriesCount: 100 }, true],
    [{ rangeMs: 365 * DAY_MS, bucketMs: DAY_MS, seriesCount: 50 }, false],
  ];
  for (const [extent, large] of extents) {
    const turns = createReadTurns(1);
    const reads = openReads();
    const before = turns.run(LARGE, reads.read);
    const asked = turns.run(extent, reads.read);
    await setImmediate();
    expect(reads.begun()).toBe(large ? 1 : 2);
    reads.end();
    await before;
    reads.end();
    await setImmediate();
    reads.end();
    await asked;
  }
});

test('a read that fails gives its turn back', async () => {
  const turns = createReadTurns(1);
  await expect(turns.run(LARGE, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await expect(turns.run(LARGE, async () => 'done')).resolves.toBe('done');
});

test('a client that goes away while it waits leaves the queue', async () => {
  const turns = createReadTurns(1);
  const reads = openReads();
  const before = turns.run(LARGE, reads.read);
  const gone = new AbortController();
  const waiting = turns.run(LARGE, reads.read, gone.signal);
  gone.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' });
  reads.end();
  await before;
});

test('beyond a hundred that wait, more are turned away', async () => {
  const turns = createReadTurns(1);
  const reads = openReads();
  const accepted = Array.from({ length: 101 }, () => turns.run(LARGE, reads.read));
  await expect(turns.run(LARGE, reads.read)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  for (let i = 0; i < 101; i++) {
    await setImmediate();
    reads.end();
  }
  await Promise.all(accepted);
});
