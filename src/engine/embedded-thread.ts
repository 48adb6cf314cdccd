import { extname } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { inTime } from '../domain/in-time.ts';
import type { EmbeddedConnection } from './embedded-stream.ts';

/** A running thread of the embedded engine. */
export interface EmbeddedThread {
  /** Settles when the thread has ended, with why. */
  readonly ended: Promise<Error>;
  /** Opens a connection; it takes the place of the one before. */
  connect(): EmbeddedConnection;
  /** Has the thread close the database and end; it is cut off after `graceMs` (safe: the WAL brings all back). */
  close(graceMs: number): Promise<void>;
}

/** The worker's file beside this one: `.ts` when run from source, `.js` when compiled. */
const WORKER_URL = new URL(`./embedded-worker${extname(import.meta.url)}`, import.meta.url);

/**
 * Starts the thread and waits until it has opened the database.
 * @param dataDir directory that holds `pgdata`; undefined keeps the data in memory
 * @throws Error with which the thread ended before that
 */
export async function startEmbeddedThread(dataDir: string | undefined): Promise<EmbeddedThread> {
  const worker = new Worker(WORKER_URL, { workerData: dataDir });
  const ended = new Promise<Error>((resolve) => {
    worker.once('error', (error) => resolve(error instanceof Error ? error : new Error(String(error))));
    worker.once('exit', (code) => resolve(new Error(`the database's thread ended with code ${code}`)));
  });
  const ready = new Promise<undefined>((resolve) => worker.once('message', () => resolve(undefined)));
  const failure = await Promise.race([ready, ended]);
  if (failure) throw failure;
  return {
    ended,
    connect() {
      const { port1: port, port2 } = new MessageChannel();
      const wake = new Int32Array(new SharedArrayBuffer(4));
      worker.postMessage({ port: port2, wake } satisfies EmbeddedConnection, [port2]);
      return { port, wake };
    },
    async close(graceMs) {
      worker.postMessage('close');
      await inTime(ended, graceMs);
      await worker.terminate();
    },
  };
}
