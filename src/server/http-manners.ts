import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import { fastifyAccepts } from '@fastify/accepts';
import { fastifyCompress } from '@fastify/compress';
import { fastifyCors } from '@fastify/cors';
import type { FastifyHttpOptions, FastifyInstance } from 'fastify';
import { HyperdashError } from '../errors.ts';
import { answerClientError, answerExpectations, requireHost } from './client-errors.ts';
import { answerForPaths } from './methods.ts';
import { isInternal, sendProblem } from './problem.ts';

/** Headers have to come within this; whoever is slower is told so at the next check. */
const HEADERS_TIMEOUT_MS = 15_000;
const CONNECTIONS_CHECK_MS = 5_000;

/** Answers smaller than this gain nothing from compression. */
const COMPRESS_MIN_BYTES = 1024;

/** What a page of another origin may read besides the body. */
const EXPOSED_HEADERS = ['etag', 'retry-after', 'server-timing', 'x-request-id'];

/** The settings of Fastify that have it answer in problems, and name requests. */
export const MANNERED = {
  clientErrorHandler: answerClientError,
  frameworkErrors: (error, _request, reply) => sendProblem(reply, error),
  genReqId: requestId,
  // refuseWhileClosing says so as a problem.
  return503OnClosing: false,
  http: {
    requireHostHeader: false,
    headersTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
    // Java's client, for one, asks every server to upgrade to h2c and means nothing by it.
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
  },
} satisfies FastifyHttpOptions<Server>;

/** A client may name its request, in letters that do no harm in a log. */
function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID();
}

/**
 * What every route has in common: problems for errors, request ids, OPTIONS and 405, CORS, compression. To be
 * registered before any route.
 * @param allowedOrigins origins whose pages may read answers, `*` for every one
 */
export async function registerManners(
  server: FastifyInstance,
  allowedOrigins: readonly string[],
): Promise<void> {
  server.setErrorHandler((error, request, reply) => {
    if (isInternal(error)) request.log.error(error);
    sendProblem(reply, error);
  });
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  refuseWhileClosing(server);
  server.addHook('onRequest', requireHost);
  await server.register(fastifyAccepts);
  // It compresses what is sent; only routes that ask for it take compressed bodies.
  await server.register(fastifyCompress, {
    threshold: COMPRESS_MIN_BYTES,
    encodings: ['br', 'gzip'],
    requestEncodings: ['br', 'gzip', 'deflate'],
    globalDecompression: false,
  });
  if (allowedOrigins.length > 0) {
    // answerForPaths knows what a path takes, so it answers preflights.
    const origin = [...allowedOrigins];
    await server.register(fastifyCors, { origin, preflight: false, exposedHeaders: EXPOSED_HEADERS });
  }
  answerForPaths(server);
  answerExpectations(server);
}

/** What still arrives on a connection that is busy while the server closes is to go elsewhere, or to come back. */
function refuseWhileClosing(server: FastifyInstance): void {
  let closing = false;
  server.addHook('preClose', async () => {
    closing = true;
  });
  server.addHook('onRequest', async () => {
    if (closing) throw new HyperdashError('SERVICE_UNAVAILABLE', 'the server is shutting down');
  });
}
