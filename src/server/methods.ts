import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HttpProblem } from './problem.ts';

/** The methods of the API, in the order that `Allow` lists them. */
const METHODS = ['GET', 'HEAD', 'POST'] as const;
const PREFLIGHT_MAX_AGE_SECONDS = 600;

interface KnownRoute {
  readonly pattern: RegExp;
  readonly methods: readonly string[];
}

/**
 * Answers for paths rather than routes: OPTIONS with `Allow` (and to a preflight, whose origin `@fastify/cors` has
 * judged before), 405 with `Allow` for another method of a known path, and 404. To be registered before any route.
 */
export function answerForPaths(server: FastifyInstance): void {
  const routes: KnownRoute[] = [];
  server.addHook('onRoute', ({ url, method }) => {
    if (url !== '*') routes.push({ pattern: patternOf(url), methods: [method].flat() });
  });
  server.addHook('onRequest', async (request, reply) => {
    if (request.method !== 'OPTIONS' && !request.is404) return undefined;
    const path = request.url.split('?', 1)[0]!;
    const known = path === '*' ? METHODS : methodsOf(routes, path);
    if (known.length === 0) throw new HttpProblem('NOT_FOUND', `no route ${request.method} ${path}`);
    const allow = [...known, 'OPTIONS'].join(', ');
    reply.header('allow', allow);
    if (request.method === 'OPTIONS') return sendOptions(request, reply, allow);
    throw new HttpProblem('METHOD_NOT_SUPPORTED', `${path} takes ${allow}`);
  });
}

function sendOptions(request: FastifyRequest, reply: FastifyReply, allow: string): FastifyReply {
  if (request.headers['access-control-request-method'] !== undefined) {
    reply.header('access-control-allow-methods', allow);
    const wanted = request.headers['access-control-request-headers'];
    if (wanted !== undefined) reply.header('access-control-allow-headers', wanted);
    reply.header('access-control-max-age', PREFLIGHT_MAX_AGE_SECONDS);
  }
  return reply.code(204).send();
}

function methodsOf(routes: readonly KnownRoute[], path: string): readonly string[] {
  const known = new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods));
  return METHODS.filter((method) => known.has(method));
}

/** A route's URL, with `:name` for one part of a path and `*` for the rest of it. */
function patternOf(url: string): RegExp {
  const literal = url.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll(/:\w+/g, '[^/]*').replaceAll('*', '.*')}$`);
}
