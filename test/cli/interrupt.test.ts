import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const seed = new URL('../../src/cli/seed.ts', import.meta.url).href;
const interrupt = new URL('../../src/cli/interrupt.ts', import.meta.url).href;

/** A process that seeds a sink which takes its time, and says so once the first batch is there. */
const PROGRAM = `
  import { seed } from ${JSON.stringify(seed)};
  import { interruptSignal } from ${JSON.stringify(interrupt)};
  const sink = {
    async write({ times }) {
      process.stdout.write('batch\\n');
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      return { accepted: times.length, duplicates: 0, rejected: [] };
    },
    async close() {},
  };
  const io = { stream: process.stderr, signal: interruptSignal() };
  process.exitCode = await seed({ seed: 1, days: 7, hosts: 3, nowMs: Date.now() }, async () => sink, io);
`;

function start(slowMs: number) {
  const program = PROGRAM.replace('SLOW_MS', String(slowMs));
  const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
  return { child, stderr: text(child.stderr), exited: once(child, 'exit') };
}

test('Ctrl-C during seed ends it after the batch under way, and it says what is stored', async () => {
  const { child, stderr, exited } = start(100);
  await once(child.stdout, 'data');
  child.kill('SIGINT');

  expect(await exited).toEqual([130, null]);
  expect(await stderr).toMatch(/seed: interrupted: (8 640|17 280) samples stored\n$/);
});

test('a second Ctrl-C ends the process at once', async () => {
  const { child, exited } = start(3_600_000);
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 100));
  child.kill('SIGINT');

  expect(await exited).toEqual([null, 'SIGINT']);
});
