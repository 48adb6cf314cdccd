import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import type { LiveInput } from '../contract/live.ts';
import type { Principal } from '../domain/principal.ts';
import { HyperdashError } from '../errors.ts';
import type { Live } from '../live/live.ts';
import type { LiveStream } from '../live/stream.ts';
import type { LiveConnections } from './live-connections.ts';
import { liveInput } from './live-input.ts';
import { Outlet } from './outlet.ts';
import { GOING_AWAY, lookAfter, WEBSOCKETS } from './websocket-care.ts';

/** Clients have nothing to say here. */
const MESSAGE_MAX_BYTES = 1024;

const sockets = new WebSocketServer({ ...WEBSOCKETS, maxPayload: MESSAGE_MAX_BYTES });

/**
 * What `/ws/metrics/{metric_name}` is asked; undefined for another path.
 * @throws HyperdashError BAD_REQUEST
 */
export function rawInput({ pathname, searchParams }: URL): LiveInput | undefined {
  const name = /^\/ws\/metrics\/([^/]+)$/.exec(pathname)?.[1];
  if (name === undefined) return undefined;
  const query: Record<string, string[]> = {};
  for (const field of searchParams.keys()) query[field] = searchParams.getAll(field);
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

/** An upgrade as Node hands it over. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Subscribes first, so that a client that is connected has everything that is committed from then on. */
export async function upgradeRaw(
  { request, socket, head }: Upgrade,
  input: LiveInput,
  principal: Principal,
  parts: { readonly live: Live; readonly connections: LiveConnections; readonly logger: FastifyBaseLogger },
): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  socket.on('error', leave).once('close', leave);
  const stream = await parts.live.open(input, gone.signal);
  if (gone.signal.aborted) return;
  sockets.handleUpgrade(request, socket, head, (client) => {
    client.on('error', () => {});
    lookAfter(client, request.socket, { principal }, parts.connections, leave);
    sendAll(client, new Outlet(request.socket), stream, gone.signal).catch((error: unknown) => {
      parts.logger.error(error, 'a live stream failed');
      client.terminate();
    });
  });
}

async function sendAll(
  client: WebSocket,
  outlet: Outlet,
  stream: LiveStream,
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
