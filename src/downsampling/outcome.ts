import { type ErrorCode, HyperdashError } from '../errors.ts';
import type { DownsamplingResult } from './job.ts';

/** What a worker answers. An error class does not survive the way between threads, so a failure travels as a value. */
export type Outcome =
  | { readonly result: DownsamplingResult }
  | { readonly code: ErrorCode; readonly message: string; readonly fields: HyperdashError['fields'] };

/** The failure of a job as a value; an uncoded error becomes INTERNAL_SERVER_ERROR, and its message stays behind. */
export function failureOf(error: unknown): Outcome {
  if (error instanceof HyperdashError) {
    return { code: error.code, message: error.message, fields: error.fields };
  }
  return { code: 'INTERNAL_SERVER_ERROR', message: 'Downsampling failed.', fields: [] };
}

/**
 * The result of an outcome.
 * @throws HyperdashError with the code that the worker met
 */
export function resultOf(outcome: Outcome): DownsamplingResult {
  if ('result' in outcome) return outcome.result;
  throw new HyperdashError(outcome.code, outcome.message, { fields: outcome.fields });
}
