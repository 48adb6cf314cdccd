/**
 * What went wrong, in the words tRPC uses; every door derives its own status from it
 * (`server/problem.ts` for HTTP, `api/trpc.ts` for tRPC).
 */
export type ErrorCode =
  | 'BAD_REQUEST'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'TOO_MANY_REQUESTS'
  | 'CLIENT_CLOSED_REQUEST'
  | 'SERVICE_UNAVAILABLE'
  | 'INTERNAL_SERVER_ERROR';

/** One faulty field of an input: its path (`samples[3].value`) and what is wrong with it. */
export interface FieldError {
  readonly field: string;
  readonly reason: string;
}

/** Faulty fields in one line: `points: must be at least 2; foo: is not a known field`. */
export function inOneLine(fields: readonly FieldError[]): string {
  return fields.map(({ field, reason }) => `${field}: ${reason}`).join('; ');
}

/** The one error that may reach a client: its message never holds SQL, a stack or a secret. */
export class HyperdashError extends Error {
  readonly code: ErrorCode;
  /** The faulty fields; empty unless `code` is BAD_REQUEST. */
  readonly fields: readonly FieldError[];

  constructor(
    code: ErrorCode,
    message: string,
    options?: { fields?: readonly FieldError[]; cause?: unknown },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HyperdashError';
    this.code = code;
    this.fields = options?.fields ?? [];
  }
}

/** A permanent fault of the input, in one field. */
export function badField(field: string, reason: string): HyperdashError {
  return new HyperdashError('BAD_REQUEST', `${field}: ${reason}`, { fields: [{ field, reason }] });
}
