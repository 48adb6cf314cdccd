import { Duplex } from 'node:stream';
import type { MessagePort } from 'node:worker_threads';

/** One connection to the thread of the embedded engine, in the bytes of PostgreSQL's protocol. */
export interface EmbeddedConnection {
  /** Carries chunks (Uint8Array, whole messages from the client) and `null` at the client's end. */
  readonly port: MessagePort;
  /** One counter, raised after each chunk, that the thread may sleep on while a COPY waits for its next rows. */
  readonly wake: Int32Array;
}

const TERMINATE = 0x58;

/** What `pg` takes for a socket: the bytes travel to the engine's thread and back without one. */
export class EmbeddedStream extends Duplex {
  readonly #open: () => EmbeddedConnection;
  #connection: EmbeddedConnection | undefined;

  /** @param open gives a connection, or throws where the engine is down */
  constructor(open: () => EmbeddedConnection) {
    super({ decodeStrings: true });
    this.#open = open;
  }

  connect(): this {
    try {
      this.#connection = this.#open();
    } catch (error) {
      return this.destroy(error as Error);
    }
    const { port } = this.#connection;
    port.on('message', (chunk: Uint8Array) => this.push(chunk));
    port.on('close', () => this.destroy());
    process.nextTick(() => this.emit('connect'));
    return this;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    // The session outlives its clients, so the backend must not be told to end; `_final` says it to the thread.
    if (chunk[0] !== TERMINATE) this.#send(new Uint8Array(chunk));
    callback();
  }

  override _writev(writes: { chunk: Buffer }[], callback: () => void): void {
    this.#send(new Uint8Array(Buffer.concat(writes.map(({ chunk }) => chunk))));
    callback();
  }

  override _final(callback: () => void): void {
    this.#send(null);
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#send(null);
    this.#connection?.port.close();
    callback(error);
  }

  #send(chunk: Uint8Array<ArrayBuffer> | null): void {
    if (!this.#connection) return;
    const { port, wake } = this.#connection;
    port.postMessage(chunk, chunk ? [chunk.buffer] : []);
    Atomics.add(wake, 0, 1);
    Atomics.notify(wake, 0);
  }

  // What `pg` asks of a socket, and has no meaning here.
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    this.#connection?.port.ref();
    return this;
  }
  unref(): this {
    this.#connection?.port.unref();
    return this;
  }
}
