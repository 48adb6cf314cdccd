import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';

/** What browsers are told of every answer; pages replace the policy, which suits answers that load nothing. */
export function registerSecurityHeaders(server: FastifyInstance): void {
  // Made once: Fastify's plugin of it makes all headers anew for every request.
  const setHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // TLS, and so the promise to keep to it, is the proxy's.
    strictTransportSecurity: false,
  });
  server.addHook('onRequest', (request, reply, done) => {
    setHeaders(request.raw, reply.raw, () => done());
  });
}
