import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import type { Receipt } from '../ingest/ingest.ts';
import { isInternal, problemOf, RETRY_AFTER_SECONDS } from './problem.ts';

/** Samples that a message about a request names; the rest are only counted. */
const NAMED_REJECTIONS = 5;

/** Says what was not stored, in one line; undefined where all was. */
export function rejectionMessage({ rejections }: Receipt, noun: string): string | undefined {
  if (rejections.length === 0) return undefined;
  const named = rejections
    .slice(0, NAMED_REJECTIONS)
    .map(({ index, reason }) => `${noun} ${index}: ${reason}`);
  const more = rejections.length - named.length;
  const rest = more > 0 ? `; and ${more} more` : '';
  return `partial write, ${rejections.length} not stored: ${named.join('; ')}${rest}`;
}

/** Answers errors in the words of a protocol: the status stays, what the body is made of is the protocol's own. */
export function answerErrors(
  scope: FastifyInstance,
  send: (reply: FastifyReply, status: number, message: string) => void,
): void {
  scope.setErrorHandler<FastifyError>((error, request, reply) => {
    if (isInternal(error)) request.log.error(error);
    const { status, detail } = problemOf(error, request.url);
    if (status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS);
    send(reply.code(status), status, detail);
  });
}
