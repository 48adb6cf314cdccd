import fc from 'fast-check';
import { expect, test } from 'vitest';
import { holds, parseSnapshot } from '../../src/domain/snapshot.ts';

test('a snapshot holds what ended before it, and nothing that ran or came later', () => {
  const snapshot = parseSnapshot('10:20:12,15')!;
  expect([9, 10, 12, 14, 15, 19, 20, 21].filter((xid) => holds(snapshot, xid))).toEqual([9, 10, 14, 19]);
});

test('a snapshot without running transactions is read', () => {
  expect(parseSnapshot('7:7:')).toMatchObject({ xmin: 7, xmax: 7, running: new Set() });
});

test('what is no snapshot is not read', () => {
  for (const text of ['', '1:2', '1:2:3,', 'a:b:c', '1:2:3 ', '-1:2:']) {
    expect(parseSnapshot(text)).toBeUndefined();
  }
  fc.assert(fc.property(fc.string(), (text) => void parseSnapshot(text)));
});
