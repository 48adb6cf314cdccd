import type { FastifyInstance } from 'fastify';

/** Requests that are under way when the server closes may take so long; then their connections are cut. */
const DRAIN_MS = 4_000;

/** Bounds how long closing waits for requests. To be called before other hooks of closing are registered. */
export function boundDraining(server: FastifyInstance): void {
  let timer: NodeJS.Timeout | undefined;
  server.addHook('preClose', async () => {
    timer = setTimeout(() => server.server.closeAllConnections(), DRAIN_MS);
  });
  server.addHook('onClose', async () => clearTimeout(timer));
}
