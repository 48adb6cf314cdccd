import type { ErrorCode } from '../errors.ts';

/** Errors that only HTTP knows: a procedure never throws them. */
type HttpErrorCode =
  | 'METHOD_NOT_SUPPORTED'
  | 'NOT_ACCEPTABLE'
  | 'TIMEOUT'
  | 'URI_TOO_LONG'
  | 'EXPECTATION_FAILED'
  | 'HEADERS_TOO_LARGE';

/** Names a kind of problem; where tRPC has the same one, by the same code. */
export type ProblemCode = ErrorCode | HttpErrorCode;

/** One kind of problem. */
export interface ProblemType {
  readonly status: number;
  readonly title: string;
  /** What it means and what the client can do about it: the text of its page. */
  readonly meaning: string;
}

/** Every kind of problem that the server answers with. */
export const PROBLEM_TYPES: Readonly<Record<ProblemCode, ProblemType>> = {
  BAD_REQUEST: {
    status: 400,
    title: 'Bad Request',
    meaning:
      'The request cannot be understood, or a field of it is wrong. "errors" names each faulty field and the reason. ' +
      'The same request will fail again: correct it first.',
  },
  UNAUTHORIZED: {
    status: 401,
    title: 'Unauthorized',
    meaning:
      'The server needs an API key, and none was sent or it is not known. Send "Authorization: Bearer <key>".',
  },
  FORBIDDEN: {
    status: 403,
    title: 'Forbidden',
    meaning: 'The API key, or the origin of the page, may not do this.',
  },
  NOT_FOUND: {
    status: 404,
    title: 'Not Found',
    meaning: 'No series matches, or the path is not one of the API. "detail" says which.',
  },
  METHOD_NOT_SUPPORTED: {
    status: 405,
    title: 'Method Not Allowed',
    meaning: 'The path is known, but not with this method. The Allow header lists the methods that it takes.',
  },
  NOT_ACCEPTABLE: {
    status: 406,
    title: 'Not Acceptable',
    meaning: 'The Accept header excludes what this path answers in. "detail" names it.',
  },
  TIMEOUT: {
    status: 408,
    title: 'Request Timeout',
    meaning: 'The request did not arrive in time. Send it again on a new connection.',
  },
  CONFLICT: {
    status: 409,
    title: 'Conflict',
    meaning: 'The request contradicts what is stored, or what another process holds.',
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    title: 'Content Too Large',
    meaning: 'The body is larger than the server takes. Send it in several requests.',
  },
  URI_TOO_LONG: {
    status: 414,
    title: 'URI Too Long',
    meaning: 'A part of the path is longer than any name that the server keeps.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'Unsupported Media Type',
    meaning: 'The Content-Type or Content-Encoding of the body is not one that this path takes.',
  },
  EXPECTATION_FAILED: {
    status: 417,
    title: 'Expectation Failed',
    meaning: 'The Expect header asks for something other than 100-continue.',
  },
  TOO_MANY_REQUESTS: {
    status: 429,
    title: 'Too Many Requests',
    meaning: 'This client asks too often, or holds too many subscriptions. Wait, then try again.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    title: 'Request Header Fields Too Large',
    meaning: 'The URL and headers together are larger than the server takes.',
  },
  CLIENT_CLOSED_REQUEST: {
    status: 499,
    title: 'Client Closed Request',
    meaning: 'The client went away before the answer was ready.',
  },
  INTERNAL_SERVER_ERROR: {
    status: 500,
    title: 'Internal Server Error',
    meaning: 'A fault of the server. Its log has an entry with the x-request-id of the answer.',
  },
  SERVICE_UNAVAILABLE: {
    status: 503,
    title: 'Service Unavailable',
    meaning:
      'The server is overloaded, shutting down or cannot reach its database. ' +
      'Send the same request again after the seconds that Retry-After says.',
  },
};

/** The last part of a problem's `type` and the address of its page: `/errors/not-found`. */
export function slugOf(code: ProblemCode): string {
  return code.toLowerCase().replaceAll('_', '-');
}

/** The kind of problem that a status stands for; an unnamed status of the client's fault is a bad request. */
export function codeOfStatus(status: number): ProblemCode {
  const named = Object.entries(PROBLEM_TYPES).find(([, type]) => type.status === status);
  if (named !== undefined) return named[0] as ProblemCode;
  return status >= 400 && status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR';
}
