/**
 * Measures the read path from its kernel to the whole query: `npm run bench`. Prints medians and, in each section,
 * ratios to its first row; writes the same to `bench/results.json`. Whole queries run on an embedded engine, and on a
 * server too where DATABASE_URL names one, where they leave a metric of their own, `bench_read`.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../src/config.ts';
import { decoding } from './sections/decoding.ts';
import { kernel, kernelOnNewPoints } from './sections/kernel.ts';
import { queries } from './sections/queries.ts';
import { serialisation } from './sections/serialisation.ts';
import { threads } from './sections/threads.ts';
import { print, type Section } from './support/section.ts';

const RESULTS = new URL('./results.json', import.meta.url);
const QUERY_ROWS = [100_000, 1_000_000];
const sections: Section[] = [];

async function add(measured: Promise<Section | Section[]>): Promise<void> {
  for (const section of [await measured].flat()) {
    print(section);
    sections.push(section);
  }
}

for (const length of [10_000, 100_000, 1_000_000, 10_000_000]) await add(kernel(length));
await add(kernel(100_000, 'noise'));
await add(kernelOnNewPoints(100_000, 64));
for (const rows of [100_000, 1_000_000]) await add(decoding(rows));
for (const length of [1_000, 10_000, 50_000, 100_000, 200_000, 1_000_000]) await add(threads(length));
for (const length of [1_000, 10_000]) await add(serialisation(length));
const { DATABASE_URL, ...environment } = process.env;
const dataDir = await mkdtemp(join(tmpdir(), 'hyperdash-bench-'));
const settings = { ...environment, DATA_DIR: dataDir, PORT: '0', AGENT: 'off', LOG_LEVEL: 'error' };
await add(queries(parseConfig(settings), QUERY_ROWS));
await rm(dataDir, { recursive: true });
if (DATABASE_URL) await add(queries(parseConfig({ ...settings, DATABASE_URL }), QUERY_ROWS));

const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
await writeFile(RESULTS, `${JSON.stringify({ machine, sections }, null, 2)}\n`);
console.log(`\nNode ${process.version}, ${machine.cores} × ${machine.cpu}; written to bench/results.json`);
