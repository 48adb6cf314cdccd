import type { FastifyInstance } from 'fastify';
import { requireSeriesWithin } from '../domain/principal.ts';
import { HyperdashError } from '../errors.ts';
import type { Live } from '../live/live.ts';
import type { Connection, LiveConnections } from './live-connections.ts';
import { liveInput } from './live-input.ts';
import { Outlet } from './outlet.ts';
import type { WireFields } from './wire.ts';

/** How long an EventSource waits before it connects anew. */
const RETRY_MS = 1_000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

/** `GET /api/metrics/{metric_name}/live`: a live stream as server-sent events. */
export function registerSse(server: FastifyInstance, live: Live, connections: LiveConnections): void {
  server.get('/api/metrics/:metric_name/live', { config: { scope: 'read' } }, async (request, reply) => {
    const { metric_name } = request.params as { metric_name: string };
    const { 'last-event-id': lastEventId } = request.headers;
    // An EventSource can say its key in no other way.
    const { api_key: _, ...query } = request.query as WireFields;
    const input = liveInput(metric_name, query, lastEventId as string | undefined);
    requireSeriesWithin(request.principal, input);
    if (!connections.hasRoom) throw new HyperdashError('SERVICE_UNAVAILABLE', 'too many live connections');
    const response = reply.raw;
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const stream = await live.open(input, gone.signal);
    reply.hijack();
    response.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...HEADERS });
    response.write(`retry: ${RETRY_MS}\n\n`);
    // The socket outlives a response that ends; the stream's connection ends with it.
    response.once('finish', () => request.socket.destroySoon());
    const outlet = new Outlet(response);
    connections.add({
      socket: request.socket,
      principal: request.principal,
      ping: () => response.write(': ping\n\n'),
      takeAlive: () => true,
      closeStalled: () => request.socket.destroy(),
      closeForbidden: () => request.socket.destroy(),
      closeForRestart: () => response.end(),
    });
    for await (const events of stream) {
      for (const event of events) {
        if (gone.signal.aborted) break;
        outlet.gather();
        response.write(event.sse);
        if (outlet.full) await outlet.drained();
      }
    }
    if (!response.writableEnded) response.end();
  });
}

/** Looks after the streams that tRPC's own SSE holds open. */
export function trackTrpcSse(server: FastifyInstance, connections: LiveConnections): void {
  server.addHook('onRequest', async (request) => {
    if (!request.url.startsWith('/trpc/') || !request.headers.accept?.includes('text/event-stream')) return;
    if (!connections.hasRoom) throw new HyperdashError('SERVICE_UNAVAILABLE', 'too many live connections');
    const { socket, principal } = request;
    // An orderly end would tell the client that the subscription is complete: only a broken one is resumed.
    connections.add({
      socket,
      principal,
      ping: () => {},
      takeAlive: () => true,
      closeStalled: () => socket.destroy(),
      closeForbidden: () => socket.destroy(),
      closeForRestart: () => socket.destroy(),
    } satisfies Connection);
  });
}
