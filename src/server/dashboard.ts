import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fastifyStatic } from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';

// Where `npm run build` and `npm start` put the page, from this module as it is written and as it is compiled.
const BUILT = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/web' : '../../web', import.meta.url),
);
/** Addresses that the page itself knows how to show. */
const PAGE_PATHS = ['/', '/chart'];
const YEAR_SECONDS = 31_536_000;

/** Nothing but what this server sends: no inline script or style, no other origin, no frame around it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * A plugin that serves the dashboard: its page at `/` and wherever the page itself knows the way, always asked for anew; assets, whose
 * names change with their content, for a year. Says how to build it where it is not built.
 */
export async function dashboardPlugin(server: FastifyInstance): Promise<void> {
  if (!existsSync(`${BUILT}/index.html`)) {
    const advice =
      'The dashboard is not built: run "npm run build:web", then start again. The API is at /docs.\n';
    server.get('/', async (_request, reply) => reply.type('text/plain; charset=utf-8').send(advice));
    return;
  }
  await server.register(fastifyStatic, {
    root: BUILT,
    wildcard: false,
    preCompressed: true,
    globIgnore: ['**/*.{br,gz}', 'index.html'],
    cacheControl: false,
    setHeaders: (reply, path) => {
      const hashed = path.includes('/assets/');
      reply.header('cache-control', hashed ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache');
      reply.header('x-content-type-options', 'nosniff');
    },
  });
  for (const path of PAGE_PATHS) server.get(path, async (_request, reply) => sendPage(reply));
}

function sendPage(reply: FastifyReply): FastifyReply {
  return reply
    .header('content-security-policy', CONTENT_SECURITY_POLICY)
    .header('referrer-policy', 'same-origin')
    .sendFile('index.html');
}
