import { runJob } from './job.ts';

const ROUNDS = 400;
const LENGTH = 2000;

/**
 * Runs small jobs until the loops of downsampling are compiled in the calling thread; a few tens of milliseconds.
 * Small ones, because a loop compiled in the middle of a single huge run has not yet seen how it ends.
 */
export function warmUp(): void {
  const times = new Float64Array(LENGTH);
  const values = new Float64Array(LENGTH);
  for (let i = 0; i < LENGTH; i++) {
    times[i] = i * 1000 + (i < LENGTH / 2 ? 0 : LENGTH * 1000);
    values[i] = Math.sin(i / 10);
  }
  for (let round = 0; round < ROUNDS; round++) {
    const gaps = { bucketMs: null, rangeMs: LENGTH * 2000 };
    runJob({ segments: [{ times, values }], n: 50 + (round % 50), gaps });
  }
}
