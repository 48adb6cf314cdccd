import { extname } from 'node:path';
import { Piscina } from 'piscina';
import { cancelled, unlessAborted } from '../domain/cancellation.ts';
import { Gate } from '../domain/gate.ts';
import { HyperdashError } from '../errors.ts';
import { buffersOf, type DownsamplingJob, type DownsamplingResult, pointsOf, runJob } from './job.ts';
import { type Outcome, resultOf } from './outcome.ts';
import { warmUp } from './warm-up.ts';

/** Bounds of downsampling. */
export interface DownsamplingOptions {
  /** Jobs of up to this many points run in the calling thread. */
  readonly inlineMaxPoints: number;
  /** Worker threads, all kept alive; at least 1. */
  readonly threads: number;
  /** Jobs that may wait for a thread; more are refused. */
  readonly maxQueue: number;
  /** The workers' module; `workers/downsample` of the program where left out. */
  readonly worker?: URL;
}

/** Counts since the start, and of now (`running`, `waiting`). */
export interface DownsamplingCounters {
  readonly inline: number;
  readonly pooled: number;
  /** Turned away because too many waited. */
  readonly refused: number;
  readonly cancelled: number;
  /** Threads seen to die; the pool replaces them. */
  readonly threadsLost: number;
  readonly running: number;
  readonly waiting: number;
}

/** Downsampling in this thread or a worker's, whichever suits the size of the job. */
export interface Downsampling {
  /**
   * Does a job. It takes the job's buffers over: after the call they are either moved to a worker (detached here) or
   * shared with the result, so the caller must neither read nor write them. The result's buffers are the caller's.
   *
   * An aborted signal settles the promise at once; a job that has already begun in a worker is left to end there,
   * since that takes milliseconds and a new thread takes longer.
   *
   * @throws HyperdashError BAD_REQUEST for a bad `n`, CLIENT_CLOSED_REQUEST once `signal` is aborted, SERVICE_UNAVAILABLE
   * where too many jobs wait, a thread died or `close` was called
   */
  run(job: DownsamplingJob, signal?: AbortSignal): Promise<DownsamplingResult>;
  /** Resolves once this thread and every worker have their loops compiled. */
  warm(): Promise<void>;
  /** Turns away new and waiting jobs, lets running ones end, and ends the threads. */
  close(): Promise<void>;
  readonly counters: DownsamplingCounters;
}

// The extension of this module: .ts as it is written, .js as it is compiled.
const WORKER = new URL(`../../workers/downsample${extname(import.meta.url)}`, import.meta.url);

/** Starts the worker threads. */
export function createDownsampling(options: DownsamplingOptions): Downsampling {
  const { inlineMaxPoints, threads, maxQueue, worker = WORKER } = options;
  const gate = new Gate({
    slots: threads,
    maxWaiting: maxQueue,
    refusal: 'Too many series are being downsampled; ask again shortly.',
  });
  const pool = new Piscina<DownsamplingJob, Outcome>({
    filename: worker.href,
    minThreads: threads,
    maxThreads: threads,
    recordTiming: false,
  });
  const counts = { inline: 0, pooled: 0, cancelled: 0, threadsLost: 0 };
  // A thread that dies while idle; one that dies at work fails its job. Either way the pool has replaced it.
  pool.on('error', () => {
    counts.threadsLost++;
  });

  async function runInPool(job: DownsamplingJob): Promise<DownsamplingResult> {
    try {
      return resultOf(await pool.run(job, { transferList: buffersOf(job.segments) }));
    } catch (error) {
      if (error instanceof HyperdashError) throw error;
      if (isUnmovable(error)) {
        throw new HyperdashError(
          'INTERNAL_SERVER_ERROR',
          'A buffer of the job cannot be moved to a thread.',
          {
            cause: error,
          },
        );
      }
      counts.threadsLost++;
      throw new HyperdashError('SERVICE_UNAVAILABLE', 'The downsampling thread stopped; ask again.', {
        cause: error,
      });
    } finally {
      gate.leave();
    }
  }

  async function attempt(job: DownsamplingJob, signal: AbortSignal | undefined): Promise<DownsamplingResult> {
    if (signal?.aborted) throw cancelled();
    if (pointsOf(job) <= inlineMaxPoints) {
      counts.inline++;
      return runJob(job);
    }
    await gate.enter(signal);
    counts.pooled++;
    return unlessAborted(runInPool(job), signal);
  }

  return {
    async run(job, signal) {
      try {
        return await attempt(job, signal);
      } catch (error) {
        if (error instanceof HyperdashError && error.code === 'CLIENT_CLOSED_REQUEST') counts.cancelled++;
        throw error;
      }
    },
    async warm() {
      warmUp();
      const job = { segments: [{ times: new Float64Array(2), values: new Float64Array(2) }], n: 2 };
      await Promise.all(Array.from({ length: threads }, () => pool.run(job)));
    },
    async close() {
      await gate.close();
      await pool.destroy();
    },
    get counters() {
      return { ...counts, refused: gate.refused, running: gate.running, waiting: gate.waiting };
    },
  };
}

/** Whether posting the job failed; all else that `pool.run` itself rejects with is the death of its thread. */
function isUnmovable(error: unknown): boolean {
  return error instanceof Error && error.name === 'DataCloneError';
}
