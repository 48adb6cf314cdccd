import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { LiveConnections } from './live-connections.ts';

/** What the servers of all WebSocket doors have in common. */
export const WEBSOCKETS = { noServer: true, perMessageDeflate: false, clientTracking: false } as const;

/** Closing codes of RFC 6455 and its registry. */
export const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;

/**
 * Has a WebSocket pinged, and closed when it is dead, stalled or the server stops.
 * @param beforeClose called before the client is closed, but not when it is dead
 */
export function lookAfter(
  client: WebSocket,
  socket: Socket,
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
    ping: () => client.ping(),
    takeAlive() {
      const was = alive;
      alive = false;
      return was;
    },
    closeStalled: () => close(TRY_AGAIN_LATER),
    closeForRestart: () => close(GOING_AWAY),
  });
}
