import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Encoder, getWSConnectionHandler, jsonEncoder } from '@trpc/server/adapters/ws';
import type { FastifyBaseLogger } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import type { LiveConnection, Services } from '../api/context.ts';
import { type AppRouter, appRouter } from '../api/router.ts';
import type { LiveInput } from '../contract/live.ts';
import { FirstEvent } from '../contract/live-wire.ts';
import { NOBODY, type Principal, requireScope, requireSeriesWithin } from '../domain/principal.ts';
import { HyperdashError } from '../errors.ts';
import type { Live } from '../live/live.ts';
import { type AdmissionRules, admitUpgrade, principalOfParams } from './admission.ts';
import type { LiveConnections } from './live-connections.ts';
import { Outlet } from './outlet.ts';
import { problemOf } from './problem.ts';
import { rawInput, upgradeRaw } from './raw-websocket.ts';
import { type Caller, lookAfter, WEBSOCKETS } from './websocket-care.ts';

const BATCH_MAX_CALLS = 100;
/** tRPC's door takes mutations too. */
const TRPC_MAX_BYTES = 1024 * 1024;

const RECONNECT = JSON.stringify({ id: null, method: 'reconnect' });

/** What the WebSocket doors need. */
export interface WebSocketParts {
  readonly services: Services;
  readonly live: Live;
  readonly connections: LiveConnections;
  readonly maxSubscriptions: number;
  readonly logger: FastifyBaseLogger;
  readonly admission: AdmissionRules;
}

/** Opens `/trpc` and `/ws/metrics/{metric_name}`; everything else is refused with the status that it deserves. */
export function openWebSockets(server: Server, parts: WebSocketParts): void {
  const trpcSockets = new WebSocketServer({ ...WEBSOCKETS, maxPayload: TRPC_MAX_BYTES });
  const serveTrpc = trpcDoor(parts, trpcSockets);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    try {
      const principal = admit(request, parts);
      const url = new URL(request.url ?? '/', 'http://server');
      const input = rawInput(url);
      if (input) {
        requireReader(principal, input);
        const upgrade = { request, socket, head };
        upgradeRaw(upgrade, input, principal, parts).catch((error) => refuse(request, socket, error));
      } else if (url.pathname === '/trpc') {
        trpcSockets.handleUpgrade(request, socket, head, (client) => serveTrpc(client, request, principal));
      } else {
        throw new HyperdashError('NOT_FOUND', `no WebSocket at ${url.pathname}`);
      }
    } catch (error) {
      refuse(request, socket, error);
    }
  });
}

/** @returns whose request it is; nobody where the key is yet to come */
function admit(request: IncomingMessage, { admission, connections }: WebSocketParts): Principal {
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
    throw new HyperdashError('BAD_REQUEST', 'only an upgrade to websocket is known here');
  }
  const principal = admitUpgrade(request, admission) ?? NOBODY;
  if (!connections.hasRoom) throw new HyperdashError('SERVICE_UNAVAILABLE', 'too many live connections');
  return principal;
}

function requireReader(principal: Principal, input: LiveInput): void {
  requireScope(principal, 'read');
  requireSeriesWithin(principal, input);
}

function refuse(request: IncomingMessage, socket: Duplex, error: unknown): void {
  const problem = problemOf(error, request.url ?? '/');
  const body = JSON.stringify(problem);
  socket.on('error', () => {});
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${problem.title}`,
      'content-type: application/problem+json',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      ...(problem.status === 503 ? ['retry-after: 1'] : []),
      ...(problem.status === 401 ? ['www-authenticate: Bearer'] : []),
      '',
      body,
    ].join('\r\n'),
  );
}

function trpcDoor(
  parts: WebSocketParts,
  sockets: WebSocketServer,
): (client: WebSocket, request: IncomingMessage, principal: Principal) => void {
  const connectionOf = new WeakMap<object, LiveConnection>();
  const callers = new WeakMap<object, Caller>();
  const handle = getWSConnectionHandler<AppRouter>({
    wss: sockets,
    router: appRouter,
    maxBatchSize: BATCH_MAX_CALLS,
    experimental_encoder: encoder,
    createContext({ res, info: { connectionParams } }) {
      const caller = callers.get(res)!;
      if (caller.principal === NOBODY) {
        caller.principal = principalOfParams(connectionParams, parts.admission);
      }
      return { ...parts.services, principal: caller.principal, connection: connectionOf.get(res) };
    },
    onError: ({ error, path }) => {
      // Without a path it is the socket that failed, mostly by what the client sent.
      if (error.code !== 'INTERNAL_SERVER_ERROR' || path === undefined) return;
      parts.logger.error({ err: error, path }, 'a procedure failed');
    },
  });
  return (client, request, principal) => {
    const caller = { principal };
    callers.set(client, caller);
    lookAfter(client, request.socket, caller, parts.connections, () => client.send(RECONNECT));
    connectionOf.set(client, liveConnection(client, new Outlet(request.socket), parts.maxSubscriptions));
    handle(client, request);
  };
}

/** JSON in text frames; it tells the first event of a stream which request it answers. */
const encoder: Encoder = {
  ...jsonEncoder,
  encode(response) {
    const { result } = response as { readonly result?: { readonly data?: unknown } };
    if (result?.data instanceof FirstEvent) result.data.onResponse(response as object);
    return JSON.stringify(response);
  },
};

function liveConnection(client: WebSocket, outlet: Outlet, maxSubscriptions: number): LiveConnection {
  let subscriptions = 0;
  return {
    outlet,
    send(message) {
      if (client.readyState === client.OPEN) client.send(message);
    },
    enter(signal) {
      if (subscriptions >= maxSubscriptions) {
        throw new HyperdashError(
          'TOO_MANY_REQUESTS',
          `at most ${maxSubscriptions} subscriptions on a connection`,
        );
      }
      subscriptions++;
      signal.addEventListener('abort', () => subscriptions--, { once: true });
    },
  };
}
