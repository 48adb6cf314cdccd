import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Gives a successful answer its `ETag`, and answers 304 where the client has it already. The tag is weak: it names
 * the content, however that is compressed. Without a `Cache-Control` of its own an answer must be asked about again.
 * An `onSend` hook; RFC 9110 §8.8 and §13.1.2.
 */
export async function sendValidators(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead || reply.statusCode !== 200 || typeof payload !== 'string') return payload;
  const tag = `"${hash('sha1', payload, 'base64url')}"`;
  reply.header('etag', `W/${tag}`);
  addVary(reply, 'accept-encoding');
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-cache');
  if (!isKnown(request.headers['if-none-match'], tag)) return payload;
  reply.code(304).removeHeader('content-type');
  return null;
}

function isKnown(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.trim() === '*' || ifNoneMatch.match(/"[^"]*"/g)?.includes(tag) === true;
}

function addVary(reply: FastifyReply, name: string): void {
  const vary = reply.getHeader('vary');
  reply.header('vary', vary === undefined ? name : `${vary}, ${name}`);
}
