import type { Connection, PoolClient, Submittable } from 'pg';

const COPY_DATA = 0x64;
/** The code and the length, which counts itself. */
const MESSAGE_HEAD_BYTES = 5;
const COPY_DONE = Buffer.of(0x63, 0, 0, 0, 4);

/**
 * Runs statements of which one is a `COPY … FROM STDIN`, in one round trip: rows are sent along with the statements,
 * which PostgreSQL takes as one transaction. Resolves once that is committed.
 * @param sql statements in one text, none with parameters
 * @param rows what COPY is given, in whole
 * @returns the first field of the last row that the other statements gave, as text
 */
export function copyIn(client: PoolClient, sql: string, rows: Buffer): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    client.query(new CopyIn(sql, rows, { resolve, reject }));
  });
}

interface Outcome {
  resolve(field: string | undefined): void;
  reject(reason: unknown): void;
}

/**
 * A COPY as `pg` runs it. It waits for no leave to send: where a statement has failed, PostgreSQL skips the rows
 * that still come (§ 55.2.6 of its manual, "COPY Operations").
 */
class CopyIn implements Submittable {
  readonly #sql: string;
  readonly #rows: Buffer;
  readonly #outcome: Outcome;
  #field: string | undefined;

  constructor(sql: string, rows: Buffer, outcome: Outcome) {
    this.#sql = sql;
    this.#rows = rows;
    this.#outcome = outcome;
  }

  submit(connection: Connection): void {
    const { stream } = connection;
    const head = Buffer.alloc(MESSAGE_HEAD_BYTES);
    head.writeUInt8(COPY_DATA);
    head.writeUInt32BE(this.#rows.length + MESSAGE_HEAD_BYTES - 1, 1);
    stream.cork();
    connection.query(this.#sql);
    stream.write(head);
    stream.write(this.#rows);
    stream.write(COPY_DONE);
    stream.uncork();
  }

  handleRowDescription(): void {}

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    this.#field = fields[0] ?? undefined;
  }

  handleCopyInResponse(): void {}

  handleCommandComplete(): void {}

  /** The server's error, or the connection's end. */
  handleError(error: unknown): void {
    this.#outcome.reject(error);
  }

  handleReadyForQuery(): void {
    this.#outcome.resolve(this.#field);
  }
}
