import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importCsv } from '../../src/cli/import.ts';
import { commandIo, memorySink } from '../support/memory-sink.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hyperdash-import-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Imports the text as a file and gives all that can be seen of it. */
async function run(text: string, options: { labels?: string[]; host?: string; metric?: string } = {}) {
  const path = join(folder, 'file.csv');
  await writeFile(path, text);
  return runFile(path, options);
}

async function runFile(path: string, options: { labels?: string[]; host?: string; metric?: string } = {}) {
  const { open, samples, calls } = memorySink();
  const { io, output } = commandIo();
  const code = await importCsv({ path, host: 'web-1', metric: 'cpu', ...options }, open, io);
  return { code, samples, calls, output: output(), values: samples.map(({ value }) => value) };
}

test('the good lines of a file of all kinds of trouble are kept, the bad ones told by number', async () => {
  const { code, values, output } = await run(
    [
      '\ufeffhost, Value ,timestamp,note',
      'a,1,2024-01-01 00:00:00,x',
      '',
      'a,"2","2024-01-01 00:00:10","one, two"',
      'a,,2024-01-01 00:00:20,',
      'a,NaN,2024-01-01 00:00:30,',
      'a,3,soon,',
      '   ',
      'a',
      'a,"4,2024-01-01 00:00:40,',
      'a,5,2024-01-01 00:00:50,"say ""hi"""',
      'a,6,2024-01-01 00:01:00,x,y,z',
      'a,7,1704067270',
    ].join('\r\n'),
  );
  expect(code).toBe(0);
  expect(values).toEqual([1, 2, 5, 6, 7]);
  expect(output.split('\n').filter((line) => line.startsWith('line'))).toEqual([
    'line 5: the value is missing',
    'line 6: not a finite value: "NaN"',
    'line 7: not a timestamp: "soon"',
    'line 9: the timestamp is missing',
    'line 10: a quote is not closed, or in the wrong place',
  ]);
});

test('a timestamp that comes twice is counted as a duplicate', async () => {
  const { code, values, output } = await run('timestamp,value\n0,1\n0,2\n10,3\n');
  expect(code).toBe(0);
  expect(values).toEqual([1, 3]);
  expect(output).toContain('import: 2 samples stored, 1 already there\n');
});

test('after twenty bad lines the others are only counted', async () => {
  const { code, output } = await run(`timestamp,value\n${'x,1\n'.repeat(1234)}0,1\n`);
  expect(code).toBe(0);
  expect(output.match(/^line \d+/gm)).toHaveLength(20);
  expect(output).toContain('and 1 214 more bad lines\n');
});

test('labels, host and metric name the series; rollups are brought up to date over its range', async () => {
  const { samples, calls } = await run('timestamp,value\n20,1\n10,2\n', {
    labels: ['mount=/var', 'query=a=b'],
    host: 'db-1',
    metric: 'disk_usage',
  });
  expect(samples[0]!.series).toBe('["db-1","disk_usage",{"mount":"/var","query":"a=b"}]');
  expect(calls).toEqual(['begin 10000 20001', 'finish 10000 20001', 'close']);
});

test('a file of many batches arrives whole and in order', async () => {
  const rows = Array.from({ length: 23_456 }, (_, i) => `${i * 10},${i}`);
  const { values, output } = await run(`timestamp,value\n${rows.join('\n')}`);
  expect(values).toEqual(rows.map((_, i) => i));
  expect(output).toContain('100%  23 456 samples');
});

test('what the sink rejects is told by its line in the file', async () => {
  const path = join(folder, 'rejected.csv');
  await writeFile(path, 'timestamp,value\n\n0,1\nbad,1\n10,2\n');
  const { sink } = memorySink();
  const rejecting = {
    ...sink,
    write: async () => ({ accepted: 1, duplicates: 0, rejected: [{ index: 1, reason: 'too many series' }] }),
  };
  const { io, output } = commandIo();
  expect(await importCsv({ path, host: 'h', metric: 'm' }, async () => rejecting, io)).toBe(0);
  expect(output()).toContain('line 5: too many series\n');
  expect(output()).toContain('1 samples stored, 1 rejected');
});

test('Ctrl-C ends it after the batch under way', async () => {
  const path = join(folder, 'long.csv');
  await writeFile(path, `timestamp,value\n${Array.from({ length: 200_000 }, (_, i) => `${i},1`).join('\n')}`);
  const { io, interrupt, output } = commandIo();
  const { open, samples, calls } = memorySink({ onWrite: interrupt });
  expect(await importCsv({ path, host: 'h', metric: 'm' }, open, io)).toBe(130);
  expect(samples).toHaveLength(5000);
  expect(calls.at(-1)).toBe('close');
  expect(output()).toContain('interrupted: 5 000 samples stored');
});

describe('a file or series that cannot be is refused before any sink is opened', () => {
  const columns = 'no column named';
  test.each([
    ['an empty file', '', {}, 'the file is empty'],
    ['no header', '2024-01-01,5\n2024-01-02,6\n', {}, `${columns} timestamp and value in the first line`],
    [
      'another header',
      'time,value\n0,1\n',
      {},
      `${columns} timestamp in the first line, which is "time,value"`,
    ],
    ['a bad label', 'timestamp,value\n0,1\n', { labels: ['mount'] }, '--label mount: must be name=value'],
    ['an empty host', 'timestamp,value\n0,1\n', { host: '' }, 'host: must not be empty'],
    [
      'a long file with a wrong header',
      `a,b\n${'0,1\n'.repeat(100_000)}`,
      {},
      `${columns} timestamp and value`,
    ],
  ])('%s', async (_, text, options, message) => {
    const { code, calls, output } = await run(text, options);
    expect(code).toBe(1);
    expect(calls).toEqual([]);
    expect(output).toContain(message);
  });

  test('a missing file and a folder', async () => {
    const missing = join(folder, 'missing.csv');
    expect(await runFile(missing)).toMatchObject({
      code: 1,
      calls: [],
      output: `import: ${missing}: no such file\n`,
    });
    expect(await runFile(folder)).toMatchObject({ code: 1, output: `import: ${folder}: is a directory\n` });
  });
});

test('a file without a single good line exits with 1', async () => {
  const { code, output } = await run('timestamp,value\nx,1\n');
  expect(code).toBe(1);
  expect(output).toContain('import: failed: 0 samples stored');
});
