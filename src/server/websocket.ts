import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import type { FastifyBaseLogger } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Context, LiveConnection } from '../api/context.ts';
import { type AppRouter, appRouter } from '../api/router.ts';
import type { LiveInput } from '../contract/live.ts';
import { HyperdashError } from '../errors.ts';
import type { Live } from '../live/live.ts';
import type { LiveConnections } from './live-connections.ts';
import { liveInput } from './live-input.ts';
import { Outlet } from './outlet.ts';
import { problemOf } from './problem.ts';

const BATCH_MAX_CALLS = 100;
/** tRPC's door takes mutations too; the raw door expects nothing at all. */
const TRPC_MAX_BYTES = 1024 * 1024;
const RAW_MAX_BYTES = 1024;

/** Closing codes of RFC 6455 and its registry. */
const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;

const RECONNECT = JSON.stringify({ id: null, method: 'reconnect' });

/** What the WebSocket doors need. */
export interface WebSocketParts {
  readonly context: Context;
  readonly live: Live;
  readonly connections: LiveConnections;
  readonly maxSubscriptions: number;
  readonly logger: FastifyBaseLogger;
  /** Pages from these origins may connect, besides the server's own; `*` is every one. */
  readonly allowedOrigins: readonly string[];
  /** Checks the caller's key. @throws HyperdashError UNAUTHORIZED */
  readonly authorize?: ((request: IncomingMessage) => void) | undefined;
}

/** Opens `/trpc` and `/ws/metrics/{metric_name}`; everything else is refused with the status that it deserves. */
export function openWebSockets(server: Server, parts: WebSocketParts): void {
  const sockets = { noServer: true, perMessageDeflate: false, clientTracking: false } as const;
  const trpcSockets = new WebSocketServer({ ...sockets, maxPayload: TRPC_MAX_BYTES });
  const rawSockets = new WebSocketServer({ ...sockets, maxPayload: RAW_MAX_BYTES });
  const serveTrpc = trpcDoor(parts, trpcSockets);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    try {
      admit(request, parts);
      const url = new URL(request.url ?? '/', 'http://server');
      const input = rawInput(url);
      if (input) {
        rawSockets.handleUpgrade(request, socket, head, (client) => serveRaw(client, request, input, parts));
      } else if (url.pathname === '/trpc') {
        trpcSockets.handleUpgrade(request, socket, head, (client) => serveTrpc(client, request));
      } else {
        throw new HyperdashError('NOT_FOUND', `no WebSocket at ${url.pathname}`);
      }
    } catch (error) {
      refuse(request, socket, error);
    }
  });
}

function admit(request: IncomingMessage, { allowedOrigins, authorize, connections }: WebSocketParts): void {
  const { origin, host, upgrade } = request.headers;
  if (upgrade?.toLowerCase() !== 'websocket') {
    throw new HyperdashError('BAD_REQUEST', 'only an upgrade to websocket is known here');
  }
  const isOwn = origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
  if (!isOwn && !allowedOrigins.includes(origin) && !allowedOrigins.includes('*')) {
    throw new HyperdashError('FORBIDDEN', `the origin ${origin} is not among ALLOWED_ORIGINS`);
  }
  authorize?.(request);
  if (!connections.hasRoom) throw new HyperdashError('SERVICE_UNAVAILABLE', 'too many live connections');
}

/** What the raw door is asked; undefined for another path. */
function rawInput(url: URL): LiveInput | undefined {
  const name = /^\/ws\/metrics\/([^/]+)$/.exec(url.pathname)?.[1];
  if (name === undefined) return undefined;
  const query: Record<string, string[]> = {};
  for (const [field, value] of url.searchParams) query[field] = [...(query[field] ?? []), value];
  const { api_key: _, ...fields } = query;
  return liveInput(decoded(name), fields);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch (cause) {
    throw new HyperdashError('BAD_REQUEST', 'metric_name: is not percent-encoded UTF-8', { cause });
  }
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
): (client: WebSocket, request: IncomingMessage) => void {
  const connectionOf = new WeakMap<object, LiveConnection>();
  const handle = getWSConnectionHandler<AppRouter>({
    wss: sockets,
    router: appRouter,
    maxBatchSize: BATCH_MAX_CALLS,
    createContext: ({ res }) => ({ ...parts.context, connection: connectionOf.get(res) }),
    onError: ({ error, path }) => {
      if (error.code === 'INTERNAL_SERVER_ERROR')
        parts.logger.error({ err: error, path }, 'a procedure failed');
    },
  });
  return (client, request) => {
    lookAfter(client, request, parts, () => client.send(RECONNECT));
    connectionOf.set(client, liveConnection(new Outlet(request.socket), parts.maxSubscriptions));
    handle(client, request);
  };
}

function liveConnection(outlet: Outlet, maxSubscriptions: number): LiveConnection {
  let subscriptions = 0;
  return {
    outlet,
    enter() {
      if (subscriptions >= maxSubscriptions) {
        throw new HyperdashError(
          'TOO_MANY_REQUESTS',
          `at most ${maxSubscriptions} subscriptions on a connection`,
        );
      }
      subscriptions++;
    },
    leave() {
      subscriptions--;
    },
  };
}

function serveRaw(
  client: WebSocket,
  request: IncomingMessage,
  input: LiveInput,
  parts: WebSocketParts,
): void {
  const gone = new AbortController();
  client.once('close', () => gone.abort());
  client.on('error', () => {});
  lookAfter(client, request, parts, () => gone.abort());
  sendAll(client, new Outlet(request.socket), parts.live.stream(input, gone.signal), gone.signal).catch(
    (error: unknown) => {
      parts.logger.error(error, 'a live stream failed');
      client.terminate();
    },
  );
}

async function sendAll(
  client: WebSocket,
  outlet: Outlet,
  stream: ReturnType<Live['stream']>,
  gone: AbortSignal,
): Promise<void> {
  for await (const events of stream) {
    for (const event of events) {
      if (gone.aborted) return;
      outlet.gather();
      client.send(event.message, { binary: false });
      if (outlet.full) await outlet.drained();
    }
  }
  if (!gone.aborted) client.close(GOING_AWAY);
}

/** @param stop called before the client is closed: for a restart, or since it takes nothing */
function lookAfter(
  client: WebSocket,
  { socket }: IncomingMessage,
  { connections }: WebSocketParts,
  stop: () => void,
): void {
  let alive = true;
  const heard = () => {
    alive = true;
  };
  client.on('pong', heard).on('message', heard);
  connections.add({
    socket,
    ping: () => client.ping(),
    takeAlive() {
      const was = alive;
      alive = false;
      return was;
    },
    closeStalled() {
      stop();
      client.close(TRY_AGAIN_LATER);
    },
    closeForRestart() {
      stop();
      client.close(GOING_AWAY);
    },
  });
}
