/**
 * Measures the downsampling kernel, the decoder in front of it and the way through a worker: `npm run bench:lttb`.
 * Prints medians in milliseconds, and ratios to one pass that sums both columns, taken in the same run.
 */
import { processData } from 'downsample-lttb';
import { Bench } from 'tinybench';
import { CopyDecoder } from '../src/domain/copy-binary.ts';
import { type Columns, lttb } from '../src/domain/lttb.ts';
import { downsample } from '../src/domain/lttb-gaps.ts';
import { createDownsampling } from '../src/downsampling/downsampling.ts';
import { warmUp } from '../src/downsampling/warm-up.ts';
import { pairsOf } from '../test/support/columns.ts';
import { decodeCopy, ROW_TYPES, steadyCopyBytes } from '../test/support/copy-bytes.ts';

const KEPT = 1000;
const SIZES = [10_000, 100_000, 1_000_000, 10_000_000];
const POOL_SIZES = [1_000, 10_000, 50_000, 100_000, 200_000, 500_000, 1_000_000];
const SOCKET_CHUNK_BYTES = 65_536;

/** Epoch milliseconds some 10 s apart, and a walk or noise. */
function columns(length: number, kind: 'walk' | 'noise', seed = 12_345): Columns {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
  const times = new Float64Array(length);
  const values = new Float64Array(length);
  let value = 50;
  for (let i = 0; i < length; i++) {
    times[i] = 1_764_669_600_000 + i * 10_000 + Math.floor(random() * 200);
    value = kind === 'walk' ? value + random() - 0.5 : random() * 100;
    values[i] = value;
  }
  return { times, values };
}

/**
 * The yardstick: reads every time and value once and adds them up. Tasks bind it: inlined into a function around it,
 * V8 may leave its loop half optimised for a whole run.
 */
function sumPass({ times, values }: Columns): number {
  let timeSum = 0;
  let valueSum = 0;
  for (let i = 0; i < times.length; i++) {
    timeSum += times[i]!;
    valueSum += values[i]!;
  }
  return timeSum + valueSum;
}

function newBench(): Bench {
  return new Bench({ time: 1000, warmupTime: 300, iterations: 20 });
}

/** Runs the tasks and gives each one's median in milliseconds. */
async function medians(bench: Bench): Promise<Map<string, number>> {
  await bench.run();
  return new Map(
    bench.tasks.map((task) => {
      if (task.result.state !== 'completed') throw new Error(`${task.name}: ${task.result.state}`);
      return [task.name, task.result.latency.p50];
    }),
  );
}

function row(name: string, ms: number, ratio?: number): void {
  const against = ratio === undefined ? '' : `${ratio.toFixed(2)} ×`;
  console.log(`${name.padEnd(44)}${ms.toFixed(4).padStart(10)} ms${against.padStart(12)}`);
}

async function kernel(kind: 'walk' | 'noise', length: number): Promise<void> {
  const given = columns(length, kind);
  const bench = newBench();
  bench.add('sum of both columns', sumPass.bind(undefined, given));
  bench.add('copy of both columns', () => [given.times.slice(), given.values.slice()]);
  bench.add(`lttb → ${KEPT}`, () => lttb(given.times, given.values, KEPT));
  bench.add(`downsample with gaps → ${KEPT}`, () =>
    downsample(given.times, given.values, KEPT, { gapMs: 60_000 }),
  );
  if (length <= 1_000_000) {
    const pairs = pairsOf(given);
    bench.add(`npm downsample-lttb, of pairs → ${KEPT}`, () => processData(pairs, KEPT));
  }
  const results = await medians(bench);
  const sum = results.get('sum of both columns')!;
  console.log(`\n${length.toLocaleString('en')} points, ${kind}`);
  for (const [name, ms] of results) row(name, ms, ms / sum);
}

/** The same on other points every time: neither the caches nor the branch predictor know them. */
async function kernelOnNewPoints(length: number, sets: number): Promise<void> {
  const given = Array.from({ length: sets }, (_, i) => columns(length, 'walk', 1000 + i));
  let turn = 0;
  const current = { ...given[0]! };
  const beforeEach = () => {
    turn = (turn + 1) % sets;
    Object.assign(current, given[turn]);
  };
  const bench = newBench();
  bench.add('sum of both columns', sumPass.bind(undefined, current), { beforeEach });
  bench.add(`lttb → ${KEPT}`, () => lttb(current.times, current.values, KEPT), { beforeEach });
  bench.add(
    `downsample with gaps → ${KEPT}`,
    () => downsample(current.times, current.values, KEPT, { gapMs: 60_000 }),
    { beforeEach },
  );
  const results = await medians(bench);
  const sum = results.get('sum of both columns')!;
  console.log(`\n${length.toLocaleString('en')} points, walk, one of ${sets} sets in turn`);
  for (const [name, ms] of results) row(name, ms, ms / sum);
}

async function decoder(rows: number): Promise<void> {
  const bytes = steadyCopyBytes(rows);
  const chunks: Uint8Array[] = [];
  for (let i = 0; i < bytes.length; i += SOCKET_CHUNK_BYTES)
    chunks.push(bytes.subarray(i, i + SOCKET_CHUNK_BYTES));
  const { times, values } = decodeCopy([bytes], rows);
  const bench = newBench();
  bench.add('sum of both columns', sumPass.bind(undefined, { times, values }));
  bench.add('copy of the bytes', () => bytes.slice());
  bench.add('COPY, into segments', () => {
    const decoder = new CopyDecoder({ types: ROW_TYPES, maxRows: rows });
    for (const chunk of chunks) decoder.push(chunk);
    return decoder.finish();
  });
  bench.add('COPY, into joined columns', () => decodeCopy(chunks, rows));
  const results = await medians(bench);
  const sum = results.get('sum of both columns')!;
  console.log(
    `\nDecoding ${rows.toLocaleString('en')} rows of binary COPY in chunks of ${SOCKET_CHUNK_BYTES} bytes`,
  );
  for (const [name, ms] of results) row(name, ms, ms / sum);
}

async function inlineAgainstPool(): Promise<void> {
  const inline = createDownsampling({ inlineMaxPoints: Number.MAX_SAFE_INTEGER, threads: 1, maxQueue: 1 });
  const pooled = createDownsampling({ inlineMaxPoints: 0, threads: 1, maxQueue: 1 });
  await Promise.all([inline.warm(), pooled.warm()]);
  console.log('\nOne job → 1000 points: in this thread, and there and back through a worker');
  for (const length of POOL_SIZES) {
    const given = columns(length, 'walk');
    let job = { segments: [given], n: KEPT };
    // The pool takes the buffers over, so each iteration gets its own, outside of the time measured.
    const beforeEach = () => {
      job = { segments: [{ times: given.times.slice(), values: given.values.slice() }], n: KEPT };
    };
    const bench = newBench();
    bench.add('inline', () => inline.run(job), { async: true, beforeEach });
    bench.add('pool', () => pooled.run(job), { async: true, beforeEach });
    bench.add('clone', () => structuredClone(job), { beforeEach });
    const results = await medians(bench);
    const [inlineMs, poolMs, cloneMs] = ['inline', 'pool', 'clone'].map((name) => results.get(name)!);
    console.log(
      `${length.toLocaleString('en').padStart(10)} points: inline ${inlineMs!.toFixed(3)} ms, ` +
        `pool ${poolMs!.toFixed(3)} ms, structuredClone of the columns alone ${cloneMs!.toFixed(3)} ms`,
    );
  }
  await Promise.all([inline.close(), pooled.close()]);
}

warmUp();
const small = columns(2000, 'walk');
for (let i = 0; i < 2000; i++) sumPass(small);
console.log(`Node ${process.version}; medians`);
for (const length of SIZES) await kernel('walk', length);
await kernel('noise', 100_000);
await kernelOnNewPoints(100_000, 64);
for (const rows of [100_000, 1_000_000]) await decoder(rows);
await inlineAgainstPool();
