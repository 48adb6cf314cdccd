import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import { ANYBODY, NOBODY, type Principal, requireScope, type Scope } from '../domain/principal.ts';
import type { Access } from './access.ts';
import { isBasic, keyInHeader, keyInParams, keyInUrl } from './credentials.ts';
import { type OriginRules, requireOwnOrigin } from './origins.ts';
import { registerRateLimits } from './rate-limits.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes the request; anybody on public routes. */
    principal: Principal;
  }
  interface FastifyContextConfig {
    /** Needs no key: pages and documents, which hold nothing that is stored. */
    readonly public?: boolean;
    /** What the key must be good for; left out, whoever handles the request sees to it. */
    readonly scope?: Scope;
  }
}

/** Who is let in, and how often. */
export interface AdmissionRules {
  readonly access: Access;
  readonly origins: OriginRules;
  /** Requests a minute of one address, and of one key; 0 is any number. */
  readonly requestsPerMinute: number;
}

/** Checks every request before anything of it is read. To be registered before any route that it is to guard. */
export async function registerAdmission(server: FastifyInstance, rules: AdmissionRules): Promise<void> {
  const { access, origins, requestsPerMinute } = rules;
  const limits = await registerRateLimits(server, requestsPerMinute);
  // Set by the hook; Fastify wants the property there beforehand.
  server.decorateRequest('principal', null as unknown as Principal);
  server.addHook('onRequest', async (request, reply) => {
    request.principal = ANYBODY;
    const { headers } = request.raw;
    const { config } = request.routeOptions;
    if (access.open || isBasic(headers)) requireOwnOrigin(headers, origins);
    await limits.byAddress(request, reply);
    if (config.public || request.is404) return;
    reply.header('www-authenticate', 'Bearer');
    const principal = access.authorize(keyOf(request));
    reply.removeHeader('www-authenticate');
    request.principal = principal;
    if (principal.name !== null) await limits.byKey(request, reply);
    if (config.scope) requireScope(principal, config.scope);
  });
}

/**
 * Checks a request for a WebSocket, which passes no hook.
 * @returns whose it is; undefined where the key is to come in tRPC's first message
 * @throws HyperdashError UNAUTHORIZED, FORBIDDEN
 */
export function admitUpgrade(
  request: IncomingMessage,
  { access, origins }: AdmissionRules,
): Principal | undefined {
  const { headers, url = '/' } = request;
  requireOwnOrigin(headers, origins);
  const key = keyInHeader(headers) ?? keyInUrl(url);
  if (key === undefined && /^\/trpc\?(.*&)?connectionParams=1(&|$)/.test(url)) return undefined;
  return access.authorize(key);
}

/** Whose key came in tRPC's connectionParams; nobody where it is not known, since a context must not throw. */
export function principalOfParams(params: unknown, { access }: AdmissionRules): Principal {
  try {
    return access.authorize(keyInParams(params));
  } catch {
    return NOBODY;
  }
}

/** The plugin with every route of it open to whoever comes. */
export function openToAll<Options extends object>(
  plugin: FastifyPluginAsync<Options>,
): FastifyPluginAsync<Options> {
  return async (server, options) => {
    server.addHook('onRoute', (route) => {
      route.config = { ...route.config, public: true };
    });
    await server.register(plugin, options as never);
  };
}

/** Only a stream may have its key in the URL: nobody keeps that in a history or a bookmark. */
function keyOf({ headers, url }: FastifyRequest): string | undefined {
  const isStream = headers.accept?.includes('text/event-stream');
  return keyInHeader(headers) ?? (isStream ? keyInUrl(url) : undefined);
}
