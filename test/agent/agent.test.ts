import { hostname } from 'node:os';
import { setTimeout as lapse } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { type Agent, startAgent } from '../../src/agent/agent.ts';
import type { Reader } from '../../src/agent/reading.ts';
import type { AgentSample } from '../../src/agent/rounds.ts';

let agent: Agent | undefined;
afterEach(() => agent?.stop());

/** Collects what an agent writes and logs. */
function record() {
  const batches: (readonly AgentSample[])[] = [];
  const warnings: string[] = [];
  return {
    batches,
    warnings,
    write: async (samples: readonly AgentSample[]) => void batches.push(samples),
    logger: { warn: (_fields: object, message: string) => void warnings.push(message) },
  };
}

function constant(subject: string, value: number): Reader {
  return { subject, read: async () => [{ metric_name: subject, value }] };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await lapse(10);
}

describe('on this machine', () => {
  test('the first collection has every metric, within its bounds and under the host given', async () => {
    const { batches, warnings, write, logger } = record();
    agent = startAgent({ host: hostname(), write, logger });
    await until(() => batches.length > 0);

    const samples = batches[0]!;
    const byName = new Map(samples.map((sample) => [sample.metric_name, sample]));
    for (const percent of ['cpu_usage', 'memory_usage', 'disk_usage']) {
      const sample = byName.get(percent);
      expect(sample, percent).toMatchObject({ host: hostname(), unit: 'percent', kind: 'gauge' });
      expect(sample!.value).toBeGreaterThanOrEqual(0);
      expect(sample!.value).toBeLessThanOrEqual(100);
    }
    expect(byName.get('load1')!.value).toBeGreaterThanOrEqual(0);
    expect(byName.get('memory_usage')!.value).toBeGreaterThan(0);
    expect(byName.get('process_resident_memory_bytes')!.value).toBeGreaterThan(10_000_000);
    expect(byName.get('nodejs_heap_size_used_bytes')!.value).toBeGreaterThan(1_000_000);
    expect(byName.get('process_cpu_usage')!.value).toBeGreaterThan(0);
    expect(byName.get('nodejs_eventloop_lag_p99_seconds')!.value).toBeLessThan(60);
    expect(warnings).toEqual([]);
    expect(samples.every(({ value }) => Number.isFinite(value))).toBe(true);
  });

  test('no two samples of a collection share a series, and the root is among the mounts', async () => {
    const { batches, write, logger } = record();
    agent = startAgent({ host: 'here', write, logger });
    await until(() => batches.length > 0);

    const series = batches[0]!.map(({ metric_name, labels }) => JSON.stringify([metric_name, labels]));
    expect(new Set(series).size).toBe(series.length);
    expect(series).toContain(JSON.stringify(['disk_usage', { mount: '/' }]));
    const devices = batches[0]!.flatMap(({ labels }) => labels?.device ?? []);
    expect(devices).not.toContain('lo');
  });
});

test('after the first, collections are stamped with multiples of the interval, each once', async () => {
  const { batches, write, logger } = record();
  agent = startAgent({ host: 'h', intervalMs: 100, write, logger, readers: [constant('x', 1)] });
  await until(() => batches.length >= 6);

  const times = batches.slice(1, 6).map((samples) => samples[0]!.time.getTime());
  expect(times.map((time) => time % 100)).toEqual([0, 0, 0, 0, 0]);
  expect(new Set(times).size).toBe(5);
});

test('a reader that fails and one that hangs cost only their own samples, and are logged once', async () => {
  const { batches, warnings, write, logger } = record();
  let hanging = 0;
  const readers: Reader[] = [
    { subject: 'broken', read: async () => Promise.reject(new Error('no such sensor')) },
    {
      subject: 'thrower',
      read: () => {
        throw new Error('at once');
      },
    },
    {
      subject: 'stuck',
      read: () => {
        hanging++;
        return new Promise(() => {});
      },
    },
    constant('fine', 7),
  ];
  agent = startAgent({ host: 'h', intervalMs: 60, write, logger, readers });
  await until(() => batches.length >= 3);

  expect(batches[2]!.map(({ metric_name, value }) => [metric_name, value])).toEqual([['fine', 7]]);
  expect(hanging).toBe(1);
  expect(warnings.sort()).toEqual([
    'agent: cannot read broken',
    'agent: cannot read thrower',
    'agent: still waiting for stuck',
  ]);
});

test('values that are not finite are left out', async () => {
  const { batches, write, logger } = record();
  const readers = [
    constant('nan', Number.NaN),
    constant('endless', Number.POSITIVE_INFINITY),
    constant('one', 1),
  ];
  agent = startAgent({ host: 'h', intervalMs: 50, write, logger, readers });
  await until(() => batches.length > 0);

  expect(batches[0]!.map(({ metric_name }) => metric_name)).toEqual(['one']);
});

test('refused writes are dropped, logged once, and followed by the next collection', async () => {
  const { batches, warnings, logger } = record();
  let calls = 0;
  const write = async (samples: readonly AgentSample[]) => {
    calls++;
    if (calls <= 3) throw new Error('overloaded');
    batches.push(samples);
  };
  agent = startAgent({ host: 'h', intervalMs: 50, write, logger, readers: [constant('x', 1)] });
  await until(() => batches.length > 0);

  expect(calls).toBe(4);
  expect(batches[0]).toHaveLength(1);
  expect(warnings).toEqual(['agent: samples of this machine were not stored']);
});

test('a write that does not end is not joined by another', async () => {
  const { logger } = record();
  let reads = 0;
  let writes = 0;
  let release = () => {};
  const write = () => {
    writes++;
    return new Promise<void>((resolve) => (release = resolve));
  };
  const reader: Reader = {
    subject: 'x',
    read: async () => {
      reads++;
      return [{ metric_name: 'x', value: 1 }];
    },
  };
  agent = startAgent({ host: 'h', intervalMs: 40, write, logger, readers: [reader] });
  await until(() => reads >= 5);

  expect(writes).toBe(1);
  release();
  await until(() => writes === 2);
  release();
});

test('stop waits for the write under way, closes the readers and starts no other', async () => {
  const { logger } = record();
  let closed = false;
  let finished = false;
  let writes = 0;
  const write = async () => {
    writes++;
    await lapse(100);
    finished = true;
  };
  const reader: Reader = { ...constant('x', 1), close: () => (closed = true) };
  agent = startAgent({ host: 'h', intervalMs: 40, write, logger, readers: [reader] });
  await until(() => writes === 1);
  await agent.stop();

  expect({ finished, closed }).toEqual({ finished: true, closed: true });
  await lapse(150);
  expect(writes).toBe(1);
});

test('stop does not wait for a reader that hangs', async () => {
  const { batches, write, logger } = record();
  const stuck: Reader = { subject: 'stuck', read: () => new Promise(() => {}) };
  agent = startAgent({ host: 'h', intervalMs: 600_000, write, logger, readers: [stuck, constant('x', 1)] });
  await lapse(20);
  await agent.stop();

  expect(batches).toEqual([]);
});
