import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Context, Services } from '../api/context.ts';
import { createCaller } from '../api/router.ts';
import { Timings } from '../query/timings.ts';
import { answerJson } from './answer-json.ts';
import { openApiDocument } from './openapi.ts';
import { HttpProblem } from './problem.ts';
import { type RestRoute, restRoutes } from './rest-routes.ts';
import { sendValidators } from './validators.ts';
import { fromWire, type WireFields } from './wire.ts';

const JSON_MEDIA_TYPE = 'application/json; charset=utf-8';

/** A plugin with a route for every query and mutation of the router, as its `meta.rest` says. */
export async function restPlugin(
  server: FastifyInstance,
  { services }: { services: Services },
): Promise<void> {
  // Fastify reads text by itself; here only JSON is understood.
  server.removeContentTypeParser('text/plain');
  server.addHook('onRequest', requireJsonAccepted);
  server.addHook('onSend', sendValidators);
  let document: string | undefined;
  server.get('/openapi.json', { config: { public: true } }, async (_request, reply) => {
    document ??= JSON.stringify(openApiDocument());
    return reply.type(JSON_MEDIA_TYPE).send(document);
  });
  for (const route of restRoutes()) {
    if (route.kind === 'subscription') continue;
    server.route({
      method: route.rest.method,
      url: route.rest.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      decompress: {},
      config: { scope: route.scope },
      handler: (request, reply) => answer(route, services, request, reply),
    });
  }
}

/** @throws HttpProblem NOT_ACCEPTABLE where the client takes no JSON */
export async function requireJsonAccepted(request: FastifyRequest): Promise<void> {
  if (request.accepts().type(['application/json']) === false) {
    throw new HttpProblem('NOT_ACCEPTABLE', 'this path answers in application/json');
  }
}

async function answer(
  route: RestRoute,
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<string> {
  const timings = new Timings();
  const { principal, id: requestId } = request;
  const context = { ...services, timings, principal, requestId };
  const call = callerOf(route, context, abortedWith(reply));
  const found = await call(inputFrom(route, request));
  const json = await timings.measure('encode', () => answerJson(found));
  const freshSeconds = route.rest.freshForSeconds?.(found, context) ?? 0;
  if (freshSeconds > 0) reply.header('cache-control', `max-age=${freshSeconds}`);
  reply.header('server-timing', timings.toHeader()).type(JSON_MEDIA_TYPE);
  return json;
}

function callerOf({ name }: RestRoute, context: Context, signal: AbortSignal) {
  return createCaller(context, { signal })[name] as (input: unknown) => Promise<object>;
}

/** Aborts once the client is gone before its answer. */
function abortedWith(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) gone.abort();
  });
  return gone.signal;
}

function inputFrom({ input, inQuery, rest }: RestRoute, request: FastifyRequest): unknown {
  const query = fromWire(inQuery, request.query as WireFields);
  if (rest.method === 'POST') return request.body;
  return input && { ...query, ...(request.params as Record<string, string>) };
}
