import { receiveMessageOnPort } from 'node:worker_threads';
import type { PGlite } from '@electric-sql/pglite';
import type { EmbeddedConnection } from './embedded-stream.ts';

const OUTPUT_CHUNK_BYTES = 65_536;
/** Protocol messages: Terminate, and CopyFail without a reason. */
const TERMINATE = Uint8Array.of(0x58, 0, 0, 0, 4);
const COPY_FAIL = Uint8Array.of(0x66, 0, 0, 0, 5, 0);

/** PGlite starts PostgreSQL with settings for its own tests on the command line; these are PostgreSQL's defaults. */
const SETTINGS = `
  SET search_path = "$user", public;
  SET enable_seqscan = on;
  SET allow_system_table_mods = off;
  SET client_min_messages = notice;
  SET log_min_messages = error;
  SET exit_on_error = off`;

/**
 * The one PostgreSQL session of a PGlite, fed with protocol bytes from one client after another. It replaces
 * PGlite's own reading and writing, which parse and keep every message that comes back; so PGlite's methods are
 * not to be used any more. Anything that it throws is a failure of the WASM program, after which nothing of it
 * can be trusted: SQL errors are answers.
 */
export class EmbeddedSession {
  readonly #database: PGlite;
  #client: EmbeddedConnection | undefined;
  #input: Uint8Array = new Uint8Array(0);
  #output = new Uint8Array(OUTPUT_CHUNK_BYTES);
  #outputBytes = 0;

  /** @param database opened and idle */
  constructor(database: PGlite) {
    this.#database = database;
    const postgres = database.Module;
    postgres._set_read_write_cbs(
      postgres.addFunction((address: number, maxBytes: number) => this.#read(address, maxBytes), 'iii'),
      postgres.addFunction((address: number, bytes: number) => this.#write(address, bytes), 'iii'),
    );
  }

  /** Answers this client from now on, in a fresh session: nothing that the one before it left open remains. */
  serve(client: EmbeddedConnection): void {
    this.#client?.port.close();
    this.#client = undefined;
    this.#reset();
    this.#client = client;
    client.port.on('message', (chunk: Uint8Array | null) => {
      if (this.#client !== client) return;
      if (chunk) this.#execute(chunk);
      else this.#leave();
    });
  }

  /** Writes a checkpoint and closes the database. */
  async close(): Promise<void> {
    this.#leave();
    this.#reset();
    this.#execute(simpleQuery('CHECKPOINT'));
    this.#input = TERMINATE;
    await this.#database.close();
  }

  #leave(): void {
    this.#client?.port.close();
    this.#client = undefined;
  }

  #reset(): void {
    for (const statement of ['ROLLBACK', 'DISCARD ALL', SETTINGS]) this.#execute(simpleQuery(statement));
  }

  #execute(messages: Uint8Array): void {
    this.#input = messages;
    this.#database.Module._interactive_one(messages.length, messages[0]!);
    this.#flush();
  }

  #read(address: number, maxBytes: number): number {
    if (this.#input.length === 0) this.#input = this.#awaitInput();
    const bytes = this.#input.subarray(0, maxBytes);
    this.#database.Module.HEAPU8.set(bytes, address);
    this.#input = this.#input.subarray(bytes.length);
    return bytes.length;
  }

  /** PostgreSQL reads on in the middle of a statement when a COPY awaits rows: only then may the thread sleep. */
  #awaitInput(): Uint8Array {
    this.#flush();
    while (this.#client) {
      const { port, wake } = this.#client;
      const seen = Atomics.load(wake, 0);
      const received = receiveMessageOnPort(port)?.message as Uint8Array | null | undefined;
      if (received) return received;
      if (received === null) this.#leave();
      else Atomics.wait(wake, 0, seen);
    }
    return COPY_FAIL;
  }

  #write(address: number, bytes: number): number {
    const written = this.#database.Module.HEAPU8.subarray(address, address + bytes);
    for (let from = 0; from < bytes; ) {
      const part = written.subarray(from, from + OUTPUT_CHUNK_BYTES - this.#outputBytes);
      this.#output.set(part, this.#outputBytes);
      this.#outputBytes += part.length;
      from += part.length;
      if (this.#outputBytes === OUTPUT_CHUNK_BYTES) this.#flush();
    }
    return bytes;
  }

  /** Without a client the output goes nowhere. */
  #flush(): void {
    if (this.#client && this.#outputBytes > 0) {
      const chunk = this.#output.slice(0, this.#outputBytes);
      this.#client.port.postMessage(chunk, [chunk.buffer]);
    }
    this.#outputBytes = 0;
  }
}

function simpleQuery(sql: string): Uint8Array {
  const text = Buffer.from(`${sql}\0`);
  const header = Buffer.from([0x51, 0, 0, 0, 0]);
  header.writeInt32BE(4 + text.length, 1);
  return Buffer.concat([header, text]);
}
