import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import type { FastifyInstance } from 'fastify';
import type { Services } from '../api/context.ts';
import { type AppRouter, appRouter } from '../api/router.ts';
import { transformer } from '../contract/transformer.ts';
import { describe } from './problem.ts';
import { PROBLEM_TYPES } from './problem-types.ts';

const BATCH_MAX_CALLS = 100;

/** A plugin with tRPC over HTTP at `/trpc`, batched or not; SSE for subscriptions. */
export async function trpcPlugin(
  server: FastifyInstance,
  { services }: { services: Services },
): Promise<void> {
  server.setErrorHandler((error, request, reply) => {
    const answer = errorAnswer(error);
    if (answer.httpStatus === 500) request.log.error(error);
    return reply.code(answer.httpStatus).send(answer.body);
  });
  await server.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    trpcOptions: {
      router: appRouter,
      createContext: ({ req }) => ({ ...services, principal: req.principal, requestId: req.id }),
      // tRPC's own Vary replaces what @fastify/cors said.
      responseMeta: () => ({ headers: new Headers({ vary: 'Origin' }) }),
      maxBatchSize: BATCH_MAX_CALLS,
      onError: ({ error, path }) => {
        if (error.code === 'INTERNAL_SERVER_ERROR') {
          server.log.error({ err: error, path }, 'a procedure failed');
        }
      },
    },
  } satisfies FastifyTRPCPluginOptions<AppRouter>);
}

/** What Fastify refuses before tRPC sees it, such as too large a body, in the words of tRPC's clients. */
function errorAnswer(error: unknown) {
  const { code, detail, errors } = describe(error);
  const trpcCode =
    code in TRPC_ERROR_CODES_BY_KEY ? (code as keyof typeof TRPC_ERROR_CODES_BY_KEY) : 'BAD_REQUEST';
  const httpStatus = PROBLEM_TYPES[code].status;
  const data = { code: trpcCode, httpStatus, errors };
  const shape = { code: TRPC_ERROR_CODES_BY_KEY[trpcCode], message: detail, data };
  return { httpStatus, body: { error: transformer.serialize(shape) } };
}
