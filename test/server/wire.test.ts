import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { SeriesInput } from '../../src/contract/series.ts';
import { fromWire } from '../../src/server/wire.ts';

describe('fields from a URL', () => {
  test('are read as the schema expects', () => {
    expect(fromWire(SeriesInput, { points: '100', start: '1764669600000', match: 'mount=/var' })).toEqual({
      points: 100,
      start: '1764669600000',
      match: ['mount=/var'],
    });
    const flags = z.object({ raw: z.boolean().default(true), sizes: z.array(z.number()).optional() });
    expect(fromWire(flags, { raw: 'false', sizes: ['1', '2.5'] })).toEqual({
      raw: false,
      sizes: [1, 2.5],
    });
  });

  test('count as not given where they are empty', () => {
    expect(fromWire(SeriesInput, { end: '', host: '', match: '', points: '' })).toEqual({});
  });

  test('stay as they are where they cannot be read, so that the schema names them', () => {
    expect(fromWire(SeriesInput, { points: 'many' })).toEqual({ points: 'many' });
    expect(fromWire(SeriesInput, { host: ['a', 'b'] })).toEqual({ host: ['a', 'b'] });
    expect(fromWire(SeriesInput, { points: '0x10' })).toEqual({ points: '0x10' });
  });

  test('are refused by name where the schema does not have them', () => {
    for (const name of ['pionts', '__proto__', 'constructor', '']) {
      const fields = Object.fromEntries([[name, '']]);
      expect(() => fromWire(SeriesInput, fields)).toThrow(`${name}: is not a known field`);
    }
  });

  test('leave the schema untouched', () => {
    fromWire(SeriesInput, { points: '5' });
    expect(SeriesInput.safeParse({ metric_name: 'cpu_usage', points: '5' }).success).toBe(false);
  });
});
