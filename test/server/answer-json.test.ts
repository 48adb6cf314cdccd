import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Points } from '../../src/contract/points.ts';
import { answerJson } from '../../src/server/answer-json.ts';

const double = fc.double({ noNaN: false });
const timeMs = fc.double({ min: 0, max: 253_402_300_799_999, noNaN: true });

const points = fc.array(fc.tuple(timeMs, double)).map(
  (rows) =>
    new Points(
      Float64Array.from(rows, ([time]) => time),
      Float64Array.from(rows, ([, value]) => value),
    ),
);

test('an answer is written as JSON.stringify writes it', () => {
  const member = fc.oneof(points, fc.jsonValue(), fc.date({ noInvalidDate: true }), fc.constant(undefined));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), member), (answer) => {
      expect(answerJson(answer)).toBe(JSON.stringify(answer));
    }),
  );
});

test('points of many days and of one are written as JSON.stringify writes them', () => {
  for (const stepMs of [1, 999, 10_000, 3_599_999, 86_400_000]) {
    const times = Float64Array.from({ length: 500 }, (_, i) => Date.UTC(2024, 1, 28, 23, 59) + i * stepMs);
    const data = new Points(times, times.map(Math.sin));
    expect(answerJson({ data })).toBe(JSON.stringify({ data }));
  }
});
