import { HyperdashError } from '../errors.ts';

/** The client went away before its answer was ready. */
export function cancelled(): HyperdashError {
  return new HyperdashError('CLIENT_CLOSED_REQUEST', 'The request was cancelled.');
}

/** The promise's outcome, or CLIENT_CLOSED_REQUEST as soon as the signal is aborted. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(cancelled());
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
