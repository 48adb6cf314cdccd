import { STATUS_CODES } from 'node:http';
import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import type { FastifyError, FastifyReply } from 'fastify';
import { faultyFields, publicMessage } from '../api/trpc.ts';
import { type FieldError, HyperdashError } from '../errors.ts';

/** A problem as RFC 9457 shapes it, served as `application/problem+json`. */
export interface Problem {
  /** Stable name of the kind of problem. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The request that failed: its path. */
  readonly instance: string;
  readonly errors: readonly FieldError[];
}

/** How long a client waits before it tries an overloaded or failing server again. */
export const RETRY_AFTER_SECONDS = 1;

/** Answers with a problem; nothing of an unforeseen error reaches the client. */
export function sendProblem(reply: FastifyReply, error: unknown): void {
  const { status, detail, errors } = describe(error);
  const title = STATUS_CODES[status] ?? 'Error';
  const problem: Problem = {
    type: `/errors/${title.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`,
    title,
    status,
    detail,
    instance: reply.request.url.split('?', 1)[0]!,
    errors,
  };
  if (status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS);
  reply.code(status).type('application/problem+json').send(problem);
}

/** Whether an error was not foreseen, and so is to be logged. */
export function isInternal(error: unknown): boolean {
  return describe(error).status === 500;
}

/** The status of an error over HTTP, and what of it a client may see. */
export function describe(error: unknown): {
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly FieldError[];
} {
  if (error instanceof TRPCError) {
    return {
      status: getHTTPStatusCodeFromError(error),
      detail: publicMessage(error),
      errors: faultyFields(error),
    };
  }
  if (error instanceof HyperdashError)
    return describe(new TRPCError({ ...error, message: error.message, cause: error }));
  const status = (error as Partial<FastifyError>)?.statusCode ?? 500;
  const detail = (error as FastifyError).message;
  if (status === 400) return { status, detail, errors: [{ field: 'body', reason: detail }] };
  if (status > 400 && status < 500) return { status, detail, errors: [] };
  return { status: 500, detail: 'internal server error', errors: [] };
}
