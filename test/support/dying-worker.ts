import type { DownsamplingJob } from '../../src/downsampling/job.ts';
import downsampleJob from '../../workers/downsample.ts';

/** The program's own worker, except that a job of n = 13 ends its thread. */
export default function downsampleOrDie(job: DownsamplingJob) {
  if (job.n === 13) process.exit(1);
  return downsampleJob(job);
}
