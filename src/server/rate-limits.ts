import { type CreateRateLimitOptions, fastifyRateLimit } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HyperdashError } from '../errors.ts';

const WINDOW_MS = 60_000;
/** Addresses and keys whose counts are kept; those longest unseen are forgotten. */
const REMEMBERED = 20_000;

/** Counts a request. @throws HyperdashError once there are too many in a minute */
export type RateLimit = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** How often one address and one key may ask. */
export interface RateLimits {
  readonly byAddress: RateLimit;
  readonly byKey: RateLimit;
}

/** @param perMinute requests that one address, and one key, may make in a minute on this node; 0 is any number */
export async function registerRateLimits(server: FastifyInstance, perMinute: number): Promise<RateLimits> {
  if (perMinute === 0) return { byAddress: async () => {}, byKey: async () => {} };
  await server.register(fastifyRateLimit, { global: false, cache: REMEMBERED });
  const common = { max: perMinute, timeWindow: WINDOW_MS };
  return {
    byAddress: limit(server, { ...common, keyGenerator: ({ ip }) => `address ${ip}` }),
    byKey: limit(server, { ...common, keyGenerator: ({ principal }) => `key ${principal.name}` }),
  };
}

function limit(server: FastifyInstance, options: CreateRateLimitOptions): RateLimit {
  const check = server.createRateLimit(options);
  return async (request, reply) => {
    const count = await check(request);
    if (count.isAllowed || !count.isExceeded) return;
    reply.header('retry-after', count.ttlInSeconds);
    const message = `more than ${count.max} requests in a minute`;
    // Prometheus throws away what a 429 answers, and sends again after a 503.
    const code = request.routeOptions.config.scope === 'write' ? 'SERVICE_UNAVAILABLE' : 'TOO_MANY_REQUESTS';
    throw new HyperdashError(code, message);
  };
}
