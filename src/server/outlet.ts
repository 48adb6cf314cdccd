import type { Writable } from 'node:stream';

/** The way out to one client: says when it is full, and sends what comes in one turn of the event loop in one go. */
export class Outlet {
  readonly #stream: Writable;
  #drained: Promise<void> | undefined;
  #gathering = false;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** Whether more waits to be sent than the stream's high-water mark; sending on would only cost memory. */
  get full(): boolean {
    return this.#stream.writableNeedDrain;
  }

  /** Resolves once there is room again, or the stream has closed; one listener however many wait. */
  drained(): Promise<void> {
    this.#drained ??= new Promise((resolve) => {
      const done = () => {
        this.#stream.off('drain', done).off('close', done);
        this.#drained = undefined;
        resolve();
      };
      this.#stream.on('drain', done).on('close', done);
      if (this.#stream.destroyed) done();
    });
    return this.#drained;
  }

  /** Call before sending. */
  gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    this.#stream.cork();
    setImmediate(() => {
      this.#gathering = false;
      this.#stream.uncork();
    });
  }
}
