import type { Duplex } from 'node:stream';
import type { Connection } from 'pg';
import type { LendingStream } from '../../src/engine/lending-socket.ts';

/** The last message of an answer: its length, and its code with the upper bytes of that. */
const READY_BYTES = 6;
const READY_FOR_QUERY = 0x5a000000;

/** A COPY whose answer is received and thrown away. */
export class DrainedCopy {
  readonly done = Promise.withResolvers<void>();
  readonly #sql: string;

  constructor(sql: string) {
    this.#sql = sql;
  }

  submit(connection: Connection): void {
    const stream: Duplex & LendingStream = connection.stream;
    const driver = stream.listeners('data')[0] as (bytes: Buffer) => void;
    const drop = (chunk: Buffer) => {
      const end = chunk.length - READY_BYTES;
      if (chunk.readInt32BE(Math.max(end, 0)) !== READY_FOR_QUERY) return;
      stream.lends = false;
      stream.on('data', driver).off('data', drop);
      driver(Buffer.from(chunk.subarray(end)));
    };
    stream.on('data', drop).off('data', driver);
    stream.lends = true;
    connection.query(this.#sql);
  }

  handleError(error: unknown): void {
    this.done.reject(error);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.done.resolve();
  }
}
