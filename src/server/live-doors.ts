import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Context } from '../api/context.ts';
import type { Live } from '../live/live.ts';
import { CONNECTION_LIMITS, type ConnectionLimits, LiveConnections } from './live-connections.ts';
import { registerSse, trackTrpcSse } from './sse.ts';
import { openWebSockets } from './websocket.ts';

/** What the live doors need. */
export interface LiveDoorsParts {
  readonly context: Context;
  readonly live: Live;
  readonly allowedOrigins: readonly string[];
  readonly authorize?: ((request: IncomingMessage) => void) | undefined;
  readonly limits?: Partial<ConnectionLimits> | undefined;
}

/** Opens every door to live streams: tRPC over WebSocket and SSE, raw WebSocket, raw SSE. Call it before other routes. */
export function openLiveDoors(server: FastifyInstance, parts: LiveDoorsParts): void {
  const limits = { ...CONNECTION_LIMITS, ...parts.limits };
  const connections = new LiveConnections(limits, parts.live.counters);
  trackTrpcSse(server, connections);
  registerSse(server, parts.live, connections);
  openWebSockets(server.server, {
    ...parts,
    connections,
    maxSubscriptions: limits.maxSubscriptions,
    logger: server.log,
  });
  server.addHook('preClose', () => connections.close());
}
