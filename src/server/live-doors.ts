import type { FastifyInstance } from 'fastify';
import type { Services } from '../api/context.ts';
import type { Live } from '../live/live.ts';
import type { AdmissionRules } from './admission.ts';
import { CONNECTION_LIMITS, type ConnectionLimits, LiveConnections } from './live-connections.ts';
import { registerSse, trackTrpcSse } from './sse.ts';
import { openWebSockets } from './websocket.ts';

/** What the live doors need. */
export interface LiveDoorsParts {
  readonly services: Services;
  readonly live: Live;
  readonly admission: AdmissionRules;
  readonly limits?: Partial<ConnectionLimits> | undefined;
}

/** Opens every door to live streams: tRPC over WebSocket and SSE, raw WebSocket, raw SSE. Call it before other routes. */
export function openLiveDoors(server: FastifyInstance, parts: LiveDoorsParts): void {
  const limits = { ...CONNECTION_LIMITS, ...parts.limits };
  const connections = new LiveConnections(limits, parts.live.counters, parts.admission.access);
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
