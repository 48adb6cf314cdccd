import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Principal } from '../domain/principal.ts';
import type { LiveConnections } from './live-connections.ts';

/** What the servers of all WebSocket doors have in common. */
export const WEBSOCKETS = { noServer: true, perMessageDeflate: false, clientTracking: false } as const;

/** Closing codes of RFC 6455 and its registry. */
export const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

/** Who is at the other end of a WebSocket, once it is known. */
export interface Caller {
  principal: Principal;
}

/**
 * Has a WebSocket pinged, and closed when it is dead, stalled, its key is not good or the server
 * stops.
 * @param beforeClose called before the client is closed, but not when it is dead
 */
export function lookAfter(
  client: WebSocket,
  socket: Socket,
  caller: Caller,
  connections: LiveConnections,
  beforeClose: () => void,
): void {
  let alive = true;
  const heard = () => {
    alive = true;
  };
  const close = (code: number) => {
    beforeClose();
    client.close(code);
  };
  client.on('pong', heard).on('message', heard);
  connections.add({
    socket,
    get principal() {
      return caller.principal;
    },
    ping: () => client.ping(),
    takeAlive() {
      const was = alive;
      alive = false;
      return was;
    },
    closeStalled: () => close(TRY_AGAIN_LATER),
    closeForbidden: () => client.close(POLICY_VIOLATION),
    closeForRestart: () => close(GOING_AWAY),
  });
}
