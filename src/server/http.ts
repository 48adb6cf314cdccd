import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import type { Context } from '../api/context.ts';
import { type AppRouter, appRouter } from '../api/router.ts';
import { HyperdashError } from '../errors.ts';
import { registerDashboard } from './dashboard.ts';
import { isInternal, sendProblem } from './problem.ts';
import { registerRest } from './rest.ts';

const BODY_MAX_BYTES = 32 * 1024 * 1024;
const BATCH_MAX_CALLS = 100;
/** A tRPC batch names its procedures in the path. */
const PARAMETER_MAX_LENGTH = 5000;

/** What the server needs besides the procedures' own context. */
export interface HttpServerParts {
  readonly context: Context;
  readonly logger: FastifyBaseLogger;
  /** Says what is missing before the program can serve; empty where it is ready. */
  readonly notReady: () => readonly string[];
}

/** Every door over HTTP, not yet listening: tRPC, REST, health and the page. */
export async function createHttpServer({
  context,
  logger,
  notReady,
}: HttpServerParts): Promise<FastifyInstance> {
  const server = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_MAX_BYTES,
    routerOptions: { maxParamLength: PARAMETER_MAX_LENGTH },
    forceCloseConnections: 'idle',
  });
  server.setErrorHandler((error, request, reply) => {
    if (isInternal(error)) request.log.error(error);
    sendProblem(reply, error);
  });
  server.setNotFoundHandler((request, reply) => {
    sendProblem(
      reply,
      new HyperdashError('NOT_FOUND', `no route ${request.method} ${request.url.split('?', 1)[0]}`),
    );
  });
  await server.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    trpcOptions: {
      router: appRouter,
      createContext: () => context,
      maxBatchSize: BATCH_MAX_CALLS,
      onError: ({ error, path }) => {
        if (error.code === 'INTERNAL_SERVER_ERROR') logger.error({ err: error, path }, 'a procedure failed');
      },
    },
  } satisfies FastifyTRPCPluginOptions<AppRouter>);
  registerRest(server, context);
  server.get('/healthz', async () => ({ status: 'alive' }));
  server.get('/readyz', async (_request, reply) => {
    const missing = notReady();
    return reply.code(missing.length === 0 ? 200 : 503).send({ ready: missing.length === 0, missing });
  });
  await registerDashboard(server);
  return server;
}
