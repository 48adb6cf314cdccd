import { expect, test } from 'vitest';
import { seed } from '../../src/cli/seed.ts';
import { HyperdashError } from '../../src/errors.ts';
import { commandIo, memorySink } from '../support/memory-sink.ts';

const NOW_MS = Date.UTC(2026, 10, 24, 12, 0, 7, 300);
const END_MS = Date.UTC(2026, 10, 24, 12, 0, 0);
const DAY_MS = 86_400_000;

test('a week of three hosts is 544 320 samples every 10 s, the last at the last multiple of 10 s', async () => {
  const { open, calls, samples } = memorySink();
  const { io, output } = commandIo();
  const code = await seed({ seed: 1, days: 7, hosts: 3, nowMs: NOW_MS }, open, io);

  expect(code).toBe(0);
  expect(samples).toHaveLength(544_320);
  expect(new Set(samples.map(({ series }) => series)).size).toBe(9);
  const cpu = samples.filter(({ series }) => series === '["web-2","cpu_usage",{}]');
  expect(cpu).toHaveLength(60_480);
  expect(cpu.at(-1)!.timeMs).toBe(END_MS);
  expect(cpu.every(({ timeMs }, i) => timeMs === END_MS - (cpu.length - 1 - i) * 10_000)).toBe(true);
  const from = END_MS + 10_000 - 7 * DAY_MS;
  expect(calls).toEqual([`begin ${from} ${END_MS + 10_000}`, `finish ${from} ${END_MS + 1}`, 'close']);
  expect(output()).toContain('seed: 544 320 samples stored\n');
});

test('a second run with the same seed stores nothing new and is no failure', async () => {
  const { open, samples } = memorySink();
  const options = { seed: 5, days: 1, hosts: 1, nowMs: NOW_MS };
  await seed(options, open, commandIo().io);
  const before = samples.length;
  const { io, output } = commandIo();

  expect(await seed(options, open, io)).toBe(0);
  expect(samples).toHaveLength(before);
  expect(output()).toContain('0 samples stored, 25 920 already there');
});

test.each([{ days: 0 }, { days: 1.5 }, { hosts: -1 }, { seed: Number.NaN }])(
  '%j is refused',
  async (wrong) => {
    const { open, calls } = memorySink();
    const { io, output } = commandIo();
    expect(await seed({ seed: 1, days: 1, hosts: 1, nowMs: NOW_MS, ...wrong }, open, io)).toBe(1);
    expect(calls).toEqual([]);
    expect(output()).toContain('must be a whole number');
  },
);

test('Ctrl-C ends it after the batch under way, brings rollups up to date, and tells what was stored', async () => {
  const { io, interrupt, output } = commandIo();
  let writes = 0;
  const { open, calls, samples } = memorySink({
    onWrite: () => {
      writes++;
      if (writes === 4) interrupt();
    },
  });
  const code = await seed({ seed: 1, days: 7, hosts: 3, nowMs: NOW_MS }, open, io);

  expect(code).toBe(130);
  expect(samples).toHaveLength(4 * 8640);
  expect(calls.map((call) => call.split(' ')[0])).toEqual(['begin', 'finish', 'close']);
  expect(output()).toContain('interrupted: 34 560 samples stored');
});

test('a sink that fails ends it with 1, is closed, and what was stored before is told', async () => {
  let writes = 0;
  const { open, calls } = memorySink({
    onWrite: () => {
      writes++;
      if (writes === 3) throw new HyperdashError('SERVICE_UNAVAILABLE', 'the database is gone');
    },
  });
  const { io, output } = commandIo();
  const code = await seed({ seed: 1, days: 1, hosts: 1, nowMs: NOW_MS }, open, io);

  expect(code).toBe(1);
  expect(calls.at(-1)).toBe('close');
  expect(output()).toContain('seed: the database is gone\nseed: failed: 17 280 samples stored\n');
});

test('on a terminal a bar is redrawn in place within its width, with count, rate and time left', async () => {
  const { io, output } = commandIo(true);
  await seed({ seed: 1, days: 2, hosts: 2, nowMs: NOW_MS }, memorySink().open, io);

  const frames = output().split('\n')[0]!.split('\r\x1b[K').slice(1);
  expect(frames[0]).toMatch(/^seed [█░]{24} +\d+% {2}8 640 samples, [\d ]+\/s, \d+ s left$/);
  expect(frames.at(-1)).toMatch(/^seed █{24} 100% {2}103 680 samples, [\d ]+\/s$/);
  expect(Math.max(...frames.map((frame) => frame.length))).toBeLessThan(100);
});
