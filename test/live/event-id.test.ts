import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSnapshot } from '../../src/domain/snapshot.ts';
import { EntryIds, FROM_THE_BEGINNING, parseEventId } from '../../src/live/event-id.ts';

test('an id says where its stream stood, and fits in one line', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z0-9]{8}$/),
      fc.nat(),
      fc.integer({ min: -1, max: 255 }),
      fc.nat(),
      fc.array(fc.nat(), { maxLength: 100 }),
      (epoch, entry, index, atMs, running) => {
        const snapshot = parseSnapshot(`5:9:${running.join()}`)!;
        const id = new EntryIds({ epoch, entry, atMs, snapshot }).at(index);
        expect(id).toMatch(/^[\w.:,-]+$/);
        expect(parseEventId(id)).toEqual({ epoch, entry, index, atMs, snapshot });
      },
    ),
  );
});

test('what is no id is not read', () => {
  for (const text of ['', FROM_THE_BEGINNING, 'a.1.2.3', 'a.1.-2.3.1:1:', 'a.1.2.3.1:1:\n']) {
    expect(parseEventId(text)).toBeUndefined();
  }
  fc.assert(fc.property(fc.string(), (text) => void parseEventId(text)));
});
