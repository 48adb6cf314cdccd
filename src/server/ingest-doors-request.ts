import type { FastifyRequest } from 'fastify';
import { HyperdashError } from '../errors.ts';
import { uncompressGzip } from '../ingest/protocols/gzip.ts';

/** The body, as it was sent. */
export function bodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

/**
 * The body without the gzip that the request says it is in.
 * @throws HyperdashError UNSUPPORTED_MEDIA_TYPE for any other encoding, and what {@link uncompressGzip} throws
 */
export function plainBodyOf(request: FastifyRequest): Buffer {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity' || encoding === '') return bodyOf(request);
  if (encoding === 'gzip' || encoding === 'x-gzip') return uncompressGzip(bodyOf(request));
  throw new HyperdashError(
    'UNSUPPORTED_MEDIA_TYPE',
    `content-encoding: ${encoding} is not supported, gzip is`,
  );
}

/** The media type of a request in lower case, without parameters; empty where none is given. */
export function mediaTypeOf(request: FastifyRequest): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
}
