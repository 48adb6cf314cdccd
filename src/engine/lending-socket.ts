import { Socket } from 'node:net';

const BUFFER_BYTES = 65_536;

/** A stream whose chunks, while `lends` is set, are overwritten once the listeners of `data` return. */
export interface LendingStream {
  lends?: boolean;
}

/**
 * A socket that reads into one buffer of its own, where Node's own would allocate 64 KiB for every read: a large COPY
 * would have the garbage collector run again and again. Unless it lends, it gives copies, like any other socket; while
 * it lends it cannot be paused.
 */
export function createLendingSocket(): Socket & LendingStream {
  const socket: Socket & LendingStream = new Socket({
    onread: {
      buffer: Buffer.allocUnsafeSlow(BUFFER_BYTES),
      callback(bytes, buffer) {
        const chunk = (buffer as Buffer).subarray(0, bytes);
        return socket.lends ? socket.emit('data', chunk) : socket.push(Buffer.from(chunk));
      },
    },
  } as ConstructorParameters<typeof Socket>[0]);
  return socket;
}
