import type { Duplex } from 'node:stream';
import type { Connection, PoolClient, Submittable } from 'pg';
import { CopyDecoder, type CopyShape, type Segment } from '../domain/copy-binary.ts';
import { CopyMessages } from '../domain/copy-messages.ts';
import type { Engine } from '../engine/engine.ts';
import type { LendingStream } from '../engine/lending-socket.ts';
import type { Database } from './database.ts';
import { sqlState } from './store-error.ts';

/**
 * Reads a query's rows as columns, by `COPY … TO STDOUT (FORMAT binary)`. Once the signal is aborted, or there are more
 * rows than allowed, the statement is cancelled. Throws what the driver or the decoder threw.
 * @param sql a query without parameters, whose columns are of the shape's types and never NULL
 * @param before done on the same connection first
 */
export async function copyOut(
  engine: Engine,
  sql: string,
  shape: CopyShape,
  signal?: AbortSignal,
  before?: (connection: Database) => Promise<void>,
): Promise<readonly Segment[]> {
  signal?.throwIfAborted();
  const client = await engine.pool.connect();
  const decoder = new CopyDecoder(shape);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = () => reject(signal!.reason);
  try {
    await before?.(client);
    signal?.addEventListener('abort', onAbort);
    if (!signal?.aborted) {
      client.query(new CopyOut(`COPY (${sql}) TO STDOUT (FORMAT binary)`, decoder, { resolve, reject }));
      await promise;
    }
    client.release();
  } catch (error) {
    leave(engine, client, error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
  signal?.throwIfAborted();
  return decoder.finish();
}

/** After an error of the server the connection is usable; after any other, rows may still be coming. */
function leave(engine: Engine, client: PoolClient, error: unknown): void {
  const usable = sqlState(error) !== undefined;
  client.release(!usable);
  if (!usable && engine.abilities.cancel) void cancelBackend(engine, client);
}

/** The server would notice that nobody listens only when it next has rows to send. */
async function cancelBackend(engine: Engine, client: PoolClient): Promise<void> {
  const { processID } = client as PoolClient & { readonly processID: number };
  await engine.pool.query('SELECT pg_cancel_backend($1)', [processID]).catch(() => undefined);
}

/**
 * A COPY as `pg` runs it. While it is under way it stands between the socket and the driver, whose own parser would make
 * an object of every row, and takes the rows out of the stream; all else goes on to the driver.
 */
class CopyOut implements Submittable {
  readonly #sql: string;
  readonly #messages: CopyMessages;
  readonly #outcome: Outcome;

  constructor(sql: string, decoder: CopyDecoder, outcome: Outcome) {
    this.#sql = sql;
    this.#messages = new CopyMessages(decoder);
    this.#outcome = outcome;
  }

  submit(connection: Connection): void {
    const stream: Duplex & LendingStream = connection.stream;
    const driver = stream.listeners('data')[0] as (bytes: Buffer) => void;
    // The driver may keep what it gets, and these chunks are lent.
    const pass = (bytes: Uint8Array) => driver(Buffer.from(bytes));
    const take = (chunk: Buffer): void => {
      try {
        const end = this.#messages.push(chunk, pass);
        if (end === -1) return;
        stream.lends = false;
        stream.on('data', driver).off('data', take);
        pass(chunk.subarray(end));
      } catch (error) {
        // The place in the stream is lost: nobody is to read on.
        stream.off('data', take);
        this.#outcome.reject(error);
      }
    };
    stream.on('data', take).off('data', driver);
    stream.lends = true;
    connection.query(this.#sql);
  }

  /** The server's error, or the connection's end. */
  handleError(error: unknown): void {
    this.#outcome.reject(error);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#outcome.resolve();
  }
}

interface Outcome {
  resolve(): void;
  reject(reason: unknown): void;
}
