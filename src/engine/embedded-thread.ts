import { extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** What the thread of the embedded engine is started with. */
export interface EmbeddedThreadOptions {
  /** Directory that holds `pgdata`; undefined keeps the data in memory. */
  readonly dataDir: string | undefined;
  /** Where the thread listens. */
  readonly socketPath: string;
}

/** A running thread of the embedded engine. */
export interface EmbeddedThread {
  /** Settles when the thread has ended, with why: undefined when it was told to. */
  readonly ended: Promise<Error | undefined>;
  /** Has the thread close the database and end; it is cut off after `graceMs` (safe: the WAL brings all back). */
  close(graceMs: number): Promise<void>;
}

/** The worker's file beside this one: `.ts` when run from source, `.js` when compiled. */
const WORKER_URL = new URL(`./embedded-worker${extname(import.meta.url)}`, import.meta.url);

/**
 * Starts the thread and waits until its socket listens.
 * @throws Error with which the thread ended before that
 */
export async function startEmbeddedThread(options: EmbeddedThreadOptions): Promise<EmbeddedThread> {
  const worker = new Worker(WORKER_URL, { workerData: options });
  const ended = new Promise<Error | undefined>((resolve) => {
    worker.once('error', (error) => resolve(error instanceof Error ? error : new Error(String(error))));
    worker.once('exit', (code) =>
      resolve(code === 0 ? undefined : new Error(`the thread ended with ${code}`)),
    );
  });
  const ready = new Promise<'ready'>((resolve) => worker.once('message', () => resolve('ready')));
  const first = await Promise.race([ready, ended]);
  if (first !== 'ready') throw first ?? new Error('the thread ended before it was ready');
  return {
    ended,
    async close(graceMs) {
      worker.postMessage('close');
      const timer = new AbortController();
      await Promise.race([ended, sleep(graceMs, undefined, { signal: timer.signal }).catch(() => {})]);
      timer.abort();
      await worker.terminate();
    },
  };
}
