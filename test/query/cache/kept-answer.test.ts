import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compact, decodeAnswer, encodeAnswer } from '../../../src/query/cache/kept-answer.ts';

const entry = fc.record({
  version: fc.string(),
  answer: fc.record({
    columns: fc.array(
      fc.array(fc.double()).map((values) => Float64Array.from(values)),
      { maxLength: 5 },
    ),
    facts: fc.record({ gapMs: fc.option(fc.nat()) }),
  }),
});

test('an entry comes back from its bytes exact to the bit', () => {
  fc.assert(
    fc.property(entry, (one) => {
      expect(decodeAnswer(encodeAnswer(one))).toEqual(one);
    }),
  );
});

test('what is no entry is undefined: other bytes, or an entry that was cut off or went on', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(decodeAnswer(Buffer.from(bytes))).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(entry, fc.nat(), (one, cut) => {
      const bytes = encodeAnswer(one);
      expect(decodeAnswer(bytes.subarray(0, cut % bytes.length))).toBeUndefined();
      expect(decodeAnswer(Buffer.concat([bytes, Buffer.of(0)]))).toBeUndefined();
    }),
  );
});

test('a column that is a view on a larger buffer is kept without it', () => {
  const large = new Float64Array(10_000).fill(7);
  const { columns } = compact({ columns: [large.subarray(0, 3), new Float64Array(2)], facts: {} });
  expect(columns.map(({ buffer, length }) => [buffer.byteLength, length])).toEqual([
    [24, 3],
    [16, 2],
  ]);
  expect(columns[0]).toEqual(Float64Array.of(7, 7, 7));
});
