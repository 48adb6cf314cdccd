import { TRPCError } from '@trpc/server';
import type { FastifyError, FastifyReply } from 'fastify';
import { faultyFields, publicMessage } from '../api/trpc.ts';
import type { Problem } from '../contract/problem.ts';
import { type FieldError, HyperdashError } from '../errors.ts';
import { codeOfStatus, PROBLEM_TYPES, type ProblemCode, slugOf } from './problem-types.ts';

/** How a problem is served, and nothing else is. */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** How long a client waits before it tries an overloaded or failing server again. */
export const RETRY_AFTER_SECONDS = 1;

/** Answers with a problem; nothing of an unforeseen error reaches the client. */
export function sendProblem(reply: FastifyReply, error: unknown): void {
  const problem = problemOf(error, reply.request.url);
  if (problem.status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS);
  // Hooks have not run where Fastify could not read the URL.
  reply.header('x-request-id', reply.request.id);
  reply.code(problem.status).header('cache-control', 'no-store').type(PROBLEM_MEDIA_TYPE);
  reply.send(JSON.stringify(problem));
}

/** The problem that an error is to the client who asked for a URL. */
export function problemOf(error: unknown, url: string): Problem {
  const { code, detail, errors } = describe(error);
  const { status, title } = PROBLEM_TYPES[code];
  const instance = url.split('?', 1)[0]!;
  return { type: `/errors/${slugOf(code)}`, title, status, detail, instance, errors: [...errors] };
}

/** Whether an error was not foreseen, and so is to be logged. */
export function isInternal(error: unknown): boolean {
  return describe(error).code === 'INTERNAL_SERVER_ERROR';
}

/** A fault that only HTTP knows, such as a method that a path does not take. */
export class HttpProblem extends Error {
  readonly code: ProblemCode;

  constructor(code: ProblemCode, message: string) {
    super(message);
    this.name = 'HttpProblem';
    this.code = code;
  }
}

/** What a client may know of an error. */
export interface Description {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors: readonly FieldError[];
}

/** Finds the words for any error; an unforeseen one is an internal server error and says no more. */
export function describe(error: unknown): Description {
  if (error instanceof HttpProblem) return { code: error.code, detail: error.message, errors: [] };
  if (error instanceof HyperdashError) {
    return describe(new TRPCError({ code: error.code, message: error.message, cause: error }));
  }
  if (error instanceof TRPCError) {
    const code = error.code in PROBLEM_TYPES ? (error.code as ProblemCode) : 'BAD_REQUEST';
    return { code, detail: publicMessage(error), errors: faultyFields(error) };
  }
  return describeFastifyError(error as Partial<FastifyError>);
}

/** Fastify's own errors are about the client's request, but for those without a status. */
function describeFastifyError(error: Partial<FastifyError>): Description {
  const { statusCode = 500, message: reason = '' } = error;
  const code = codeOfStatus(statusCode);
  if (code === 'INTERNAL_SERVER_ERROR') return { code, detail: 'internal server error', errors: [] };
  if (code !== 'BAD_REQUEST') return { code, detail: reason, errors: [] };
  return {
    code,
    detail: reason,
    errors: [{ field: error.code === 'FST_ERR_BAD_URL' ? 'url' : 'body', reason }],
  };
}
