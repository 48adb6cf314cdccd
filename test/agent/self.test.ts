import { expect, test } from 'vitest';
import { type SelfFigure, selfReader } from '../../src/agent/self.ts';

test('gives gauges as they are, and counters that move as rates from the second reading on', async () => {
  const gauge: SelfFigure = {
    name: 'hyperdash_reads',
    type: 'gauge',
    labels: { state: 'running' },
    value: 3,
  };
  const still: SelfFigure = { name: 'hyperdash_still_total', type: 'counter', labels: {}, value: 0 };
  const counter = (value: number): SelfFigure => ({
    name: 'hyperdash_queries_total',
    type: 'counter',
    labels: { procedure: 'series' },
    value,
  });
  const rounds = [
    [gauge, still, counter(10)],
    [gauge, still, counter(10)],
    [gauge, still, counter(30)],
  ];
  const reader = selfReader(async () => rounds.shift()!);
  expect(await reader.read()).toEqual([
    { metric_name: 'hyperdash_reads', labels: { state: 'running' }, value: 3 },
  ]);
  const rate = { metric_name: 'hyperdash_queries_per_second', labels: { procedure: 'series' } };
  expect(await reader.read()).toContainEqual({ ...rate, value: 0 });
  const [, last] = await reader.read();
  expect(last).toMatchObject(rate);
  expect(last!.value).toBeGreaterThan(0);
});
