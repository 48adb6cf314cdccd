import { move, transferableSymbol, valueSymbol } from 'piscina';
import { buffersOf, type DownsamplingJob, runJob } from '../src/downsampling/job.ts';
import { failureOf, type Outcome } from '../src/downsampling/outcome.ts';
import { warmUp } from '../src/downsampling/warm-up.ts';

warmUp();

/** Does a job in this thread; the buffers of its result are moved to the caller. */
export default function downsampleJob(job: DownsamplingJob): ReturnType<typeof move> {
  const outcome = attempt(job);
  const transferList = 'result' in outcome ? buffersOf([outcome.result]) : [];
  return move({ [transferableSymbol]: transferList, [valueSymbol]: outcome });
}

function attempt(job: DownsamplingJob): Outcome {
  try {
    return { result: runJob(job) };
  } catch (error) {
    return failureOf(error);
  }
}
