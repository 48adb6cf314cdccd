import { connect, createServer, type Socket } from 'node:net';

/** A network between a client and a server that can fail. */
export interface TcpProxy {
  readonly url: string;
  /** Breaks every connection at once, without a goodbye. */
  cut(): void;
  close(): void;
}

/** Passes on to the server at `target`, an HTTP URL; a function is asked for each connection, as a balancer would. */
export function startTcpProxy(target: string | (() => string)): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const { hostname, port } = new URL(typeof target === 'string' ? target : target());
    const upstream = connect(Number(port), hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve({
        url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
        cut,
        close() {
          cut();
          server.close();
        },
      });
    });
  });
}
