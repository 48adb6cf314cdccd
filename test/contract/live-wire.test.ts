import fc from 'fast-check';
import { expect, test } from 'vitest';
import { serverTransformer } from '../../src/contract/live-wire.ts';
import { UNSAFE_LABELS } from '../../src/contract/names.ts';
import { transformer } from '../../src/contract/transformer.ts';

const sample = fc.record({
  metric_name: fc.string(),
  host: fc.string(),
  // Those that ingest refuses, superjson refuses to write.
  labels: fc.dictionary(
    fc.string().filter((label) => !UNSAFE_LABELS.includes(label)),
    fc.string(),
  ),
  time: fc.date({ noInvalidDate: true }),
  value: fc.double({ noNaN: true }),
});

test('a live sample is written as superjson writes it', () => {
  fc.assert(
    fc.property(fc.string(), sample, (id, data) => {
      expect(JSON.stringify(serverTransformer.serialize({ id, data }))).toBe(
        JSON.stringify(transformer.serialize({ id, data })),
      );
    }),
  );
});

test('everything else is left to superjson', () => {
  const gap = { gap: { from: new Date(0), to: new Date(1), skipped: 2, reason: 'slow_consumer' } };
  for (const value of [
    undefined,
    null,
    1,
    'a',
    { id: 'a' },
    { id: 'a', data: gap },
    { id: 'a', data: null },
  ]) {
    expect(serverTransformer.serialize(value)).toEqual(transformer.serialize(value));
  }
});
