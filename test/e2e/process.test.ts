import { hostname } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { copyTemplate, type TemplateCopy } from '../support/database.ts';
import { type Program, runProgram, settingsFor, startProgram } from '../support/program.ts';

let database: TemplateCopy;
let settings: Record<string, string>;
const running = new Set<Program>();

beforeEach(async () => {
  database = await copyTemplate();
  settings = settingsFor(database);
});
afterEach(async () => {
  for (const program of running) {
    program.signal('SIGKILL');
    await program.ended;
  }
  running.clear();
  await database.remove();
});

async function start(more: Record<string, string> = {}): Promise<Program> {
  const program = await startProgram({ ...settings, ...more });
  running.add(program);
  return program;
}

/** Posts batches one after another until the server goes away; gives how many samples were acknowledged. */
async function writeUntilGone(program: Program): Promise<number> {
  let acknowledged = 0;
  for (let batch = 0; ; batch++) {
    const samples = Array.from({ length: 500 }, (_, i) => ({
      time: Date.now() - 86_400_000 + batch * 500 + i,
      host: 'h',
      metric_name: 'written',
      value: i,
    }));
    try {
      acknowledged += (await program.client.ingest.mutate({ samples })).accepted;
    } catch {
      return acknowledged;
    }
  }
}

async function storedSamples(program: Program): Promise<number> {
  const { data } = await program.client.series.query({
    metric_name: 'written',
    start: '7d',
    resolution: '1hour',
    aggregate: 'count',
  });
  return data.values.reduce((sum, count) => sum + count, 0);
}

describe('the program', () => {
  test('ends cleanly at Ctrl-C in the middle of writes, and has every acknowledged sample when started again', async () => {
    const first = await start();
    const writing = writeUntilGone(first);
    await expect.poll(() => storedSamples(first).catch(() => 0), { timeout: 20_000 }).toBeGreaterThan(1000);
    first.signal('SIGINT');
    expect(await first.ended).toMatchObject({ code: 0, signal: null });
    const acknowledged = await writing;
    const stored = await storedSamples(await start());
    expect(stored).toBeGreaterThanOrEqual(acknowledged);
    // The last batch may be committed without its acknowledgement having arrived.
    expect(stored).toBeLessThanOrEqual(acknowledged + 500);
  });

  test('has every acknowledged sample after it was killed', async () => {
    const first = await start();
    const writing = writeUntilGone(first);
    await expect.poll(() => storedSamples(first).catch(() => 0), { timeout: 20_000 }).toBeGreaterThan(1000);
    first.signal('SIGKILL');
    await first.ended;
    const acknowledged = await writing;
    expect(await storedSamples(await start())).toBeGreaterThanOrEqual(acknowledged);
  });

  test('collects the metrics of its own machine from the start', async () => {
    const { client } = await start({ AGENT: 'on' });
    await expect
      .poll(async () => (await client.hosts.query()).hosts.map(({ host }) => host), { timeout: 15_000 })
      .toEqual([hostname()]);
    const { metrics } = await client.metrics.query();
    expect(metrics.map(({ metric_name }) => metric_name)).toEqual(
      expect.arrayContaining([
        'cpu_usage',
        'disk_usage',
        'load1',
        'memory_usage',
        'process_resident_memory_bytes',
      ]),
    );
    const { data } = await client.series.query({ metric_name: 'cpu_usage', start: '1h' });
    expect(data.length).toBeGreaterThan(0);
    expect(metrics.find(({ metric_name }) => metric_name === 'cpu_usage')).toMatchObject({
      unit: 'percent',
      kind: 'gauge',
    });
  });

  test('lists every bad setting and exits with 2', async () => {
    const { code, output } = await runProgram(['serve', '--port', 'x'], { ...settings, RETAIN_RAW: 'long' });
    expect(code).toBe(2);
    expect(output).toContain('PORT: ');
    expect(output).toContain('RETAIN_RAW: ');
  });

  test('refuses settings that contradict each other, by name, with 2', async () => {
    const { code, output } = await runProgram(['serve'], {
      ...settings,
      RETAIN_RAW: '30d',
      RETAIN_1MIN: '20d',
    });
    expect(code).toBe(2);
    expect(output).toContain('RETAIN_1MIN');
    expect(output).toContain('RETAIN_RAW');
  });

  test('brings the schema up to date by a command, also twice', async () => {
    for (let i = 0; i < 2; i++) {
      const { code, output } = await runProgram(['migrate'], { ...settings, LOG_LEVEL: 'error' });
      expect([code, output]).toEqual([0, 'The schema is up to date.\n']);
    }
  });
});

describe('a data directory', () => {
  test('is held by one process, and the next is told by whom', async (context) => {
    if (database.dataDir === undefined) context.skip('a server has no data directory');
    const first = await start();
    const { code, output } = await runProgram(['serve'], settings);
    expect(code).toBe(1);
    expect(output).toContain(`in use by "hyperdash serve" at ${first.url}`);
    expect(output).toMatch(/process \d+ on /);
  });
});

describe('two nodes on one server', () => {
  test('start at once on an empty database and both serve', async (context) => {
    if (database.url === undefined) context.skip('the embedded engine has one node');
    const [one, two] = await Promise.all([start(), start()]);
    await one!.client.ingest.mutate({ samples: [{ host: 'a', metric_name: 'm', value: 1 }] });
    expect(await two!.client.latest.query({ metric_name: 'm' })).toMatchObject({ value: 1 });
  });
});
