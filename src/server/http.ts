import { readFile } from 'node:fs/promises';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import type { Context } from '../api/context.ts';
import type { Live } from '../live/live.ts';
import { docsPlugin } from './docs.ts';
import { errorPagesPlugin } from './error-pages.ts';
import { MANNERED, registerManners } from './http-manners.ts';
import { type IngestTarget, registerIngestDoors } from './ingest-doors.ts';
import type { ConnectionLimits } from './live-connections.ts';
import { openLiveDoors } from './live-doors.ts';
import { HttpProblem, sendProblem } from './problem.ts';
import { restPlugin } from './rest.ts';
import { trpcPlugin } from './trpc.ts';

const BODY_MAX_BYTES = 32 * 1024 * 1024;
/** A tRPC batch names its procedures in the path. */
const PARAMETER_MAX_LENGTH = 5000;

/** What the server needs besides the procedures' own context. */
export interface HttpServerParts {
  readonly context: Context;
  readonly ingest: IngestTarget;
  readonly live: Live;
  readonly connectionLimits?: Partial<ConnectionLimits> | undefined;
  readonly logger: FastifyBaseLogger;
  /** Origins whose pages may call this server, `*` for every one. */
  readonly allowedOrigins: readonly string[];
  /** Says what is missing before the program can serve; empty where it is ready. */
  readonly notReady: () => readonly string[];
}

/** Every door over HTTP, not yet listening: tRPC, REST and its documents, health and the page. */
export async function createHttpServer({
  context,
  ingest,
  live,
  connectionLimits,
  logger,
  allowedOrigins,
  notReady,
}: HttpServerParts): Promise<FastifyInstance> {
  const server = fastify({
    ...MANNERED,
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_MAX_BYTES,
    routerOptions: { maxParamLength: PARAMETER_MAX_LENGTH },
    forceCloseConnections: 'idle',
  });
  await registerManners(server, allowedOrigins);
  server.setNotFoundHandler((request, reply) => {
    sendProblem(reply, new HttpProblem('NOT_FOUND', `nothing at ${request.url.split('?', 1)[0]}`));
  });
  // First, as it teaches the other plugins NDJSON.
  await registerIngestDoors(server, ingest);
  openLiveDoors(server, { context, live, allowedOrigins, limits: connectionLimits });
  await server.register(trpcPlugin, { context });
  await server.register(restPlugin, { context });
  await server.register(docsPlugin);
  await server.register(errorPagesPlugin);
  server.get('/healthz', async () => ({ status: 'alive' }));
  server.get('/readyz', async (_request, reply) => {
    const missing = notReady();
    return reply.code(missing.length === 0 ? 200 : 503).send({ ready: missing.length === 0, missing });
  });
  const page = await readFile(new URL('../../web/index.html', import.meta.url));
  server.get('/', async (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
  return server;
}
