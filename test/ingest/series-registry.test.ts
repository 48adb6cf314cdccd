import { describe, expect, test } from 'vitest';
import { Generations } from '../../src/ingest/generations.ts';
import { SeriesRegistry } from '../../src/ingest/series-registry.ts';
import { SeriesResolver } from '../../src/ingest/series-resolver.ts';

describe('generations', () => {
  test('hold no more than two bounds of entries, and keep what is used', () => {
    const entries = new Generations<number>(10, 1_000_000);
    for (let i = 0; i < 1000; i++) {
      entries.set(`k${i}`, i);
      expect(entries.get('k0')).toBe(0);
    }
    const kept = Array.from({ length: 1000 }, (_, i) => entries.get(`k${i}`)).filter(
      (id) => id !== undefined,
    );
    expect(kept.length).toBeLessThanOrEqual(20);
  });

  test('forget by the length of keys too', () => {
    const entries = new Generations<number>(1000, 100);
    for (let i = 0; i < 50; i++) entries.set(`${i}`.padStart(50, '0'), i);
    expect(entries.get('0'.repeat(50))).toBeUndefined();
  });
});

describe('the registry of series', () => {
  const name = { metricName: 'm', host: 'h', labels: [] };

  test('gives one series for the same name, whatever the order of its labels', () => {
    const registry = new SeriesRegistry();
    const one = registry.find({
      ...name,
      labels: [
        ['a', '1'],
        ['b', '2'],
        ['c', ''],
      ],
    });
    expect(
      registry.find({
        ...name,
        labels: [
          ['b', '2'],
          ['a', '1'],
        ],
      }),
    ).toBe(one);
  });

  test('asks for a description again only where unit or kind is another', () => {
    const registry = new SeriesRegistry();
    const described = registry.find({ ...name, unit: 's', kind: 'gauge' });
    expect(described).toMatchObject({ describe: true });
    expect(registry.find(name)).toBe(described);
    expect(registry.find({ ...name, unit: 's' })).toBe(described);
    expect(registry.find({ ...name, unit: 'ms' })).toMatchObject({
      describe: true,
      identity: { unit: 'ms' },
    });
  });

  test('takes no unit that cannot be stored, and the series all the same', () => {
    expect(new SeriesRegistry().find({ ...name, unit: 'a\0b' })).toMatchObject({
      identity: { unit: undefined },
    });
  });
});

describe('the resolver of series', () => {
  function seriesNamed(...names: string[]) {
    const registry = new SeriesRegistry();
    return names.map((metricName) => {
      const ref = registry.find({ metricName, host: 'h', labels: [] });
      if (typeof ref === 'string') throw new Error(ref);
      return ref;
    });
  }

  test('asks one question at a time, for all that came meanwhile', async () => {
    const asked: string[][] = [];
    const resolver = new SeriesResolver(async (identities) => {
      asked.push(identities.map(({ metricName }) => metricName));
      await new Promise((resolve) => setImmediate(resolve));
      return identities.map((_, index) => index + 1);
    }, Date.now);
    const [a, b, c] = seriesNamed('a', 'b', 'c');
    const first = resolver.resolve(new Set([a!]));
    await Promise.resolve();
    await Promise.all([first, resolver.resolve(new Set([a!, b!])), resolver.resolve(new Set([c!]))]);
    expect(asked).toEqual([['a'], ['b', 'c']]);
    expect([a!.id, b!.id, c!.id]).toEqual([1, 1, 2]);
  });

  test('asks again after a failure, and not for a while after there was no room', async () => {
    let nowMs = 0;
    const answers = [new Error('down'), [undefined], [5]];
    const resolver = new SeriesResolver(
      async () => {
        const answer = answers.shift()!;
        if (answer instanceof Error) throw answer;
        return answer;
      },
      () => nowMs,
    );
    const [a] = seriesNamed('a');
    await expect(resolver.resolve(new Set([a!]))).rejects.toThrow('down');
    await resolver.resolve(new Set([a!]));
    await resolver.resolve(new Set([a!]));
    expect([a!.id, answers.length]).toEqual([0, 1]);
    nowMs = 3_600_000;
    await resolver.resolve(new Set([a!]));
    expect(a!.id).toBe(5);
  });
});
