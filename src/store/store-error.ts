import { HyperdashError } from '../errors.ts';

/**
 * Translates what the database or its driver threw. A failure of the database is always SERVICE_UNAVAILABLE, so that
 * every client tries again; a cancelled statement is CLIENT_CLOSED_REQUEST where the client asked for it.
 * @param signal the signal of the request that the statement served
 */
export function asStoreError(error: unknown, signal?: AbortSignal): HyperdashError {
  if (error instanceof HyperdashError) return error;
  if (signal?.aborted)
    return new HyperdashError('CLIENT_CLOSED_REQUEST', 'the request was cancelled', { cause: error });
  return new HyperdashError('SERVICE_UNAVAILABLE', messageFor(sqlState(error)), { cause: error });
}

/** The SQLSTATE of a driver's error; undefined where it is not from the server. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined;
}

function messageFor(state: string | undefined): string {
  if (state === '57014') return 'the database took longer than the statement timeout';
  if (state === '53300') return 'the database has no connection free';
  if (state === '25006') return 'the database is read-only';
  if (state?.startsWith('53')) return 'the database is out of resources';
  return 'the database is not available';
}

/** Runs a question to the store and translates what it throws. */
export async function asking<Answer>(question: () => Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
  try {
    return await question();
  } catch (error) {
    throw asStoreError(error, signal);
  }
}
