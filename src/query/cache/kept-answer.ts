/** The costly part of an answer: columns that nobody writes any more, and what belongs to them, as JSON has it. */
export interface KeptAnswer<Facts> {
  readonly columns: readonly Float64Array[];
  readonly facts: Facts;
}

/** An answer and the version of the past that it is of. */
export interface VersionedAnswer<Facts = unknown> {
  readonly version: string;
  readonly answer: KeptAnswer<Facts>;
}

/** Bytes of an entry besides its columns, about. */
const OVERHEAD_BYTES = 500;
const COLUMN_OVERHEAD_BYTES = 200;

/** Bytes that an answer takes up in memory, about. */
export function bytesOf({ columns }: KeptAnswer<unknown>): number {
  return columns.reduce(
    (bytes, { byteLength }) => bytes + byteLength + COLUMN_OVERHEAD_BYTES,
    OVERHEAD_BYTES,
  );
}

/** The same answer, each column in a buffer of its own size: one may be a view on a far larger one. */
export function compact<Facts>({ columns, facts }: KeptAnswer<Facts>): KeptAnswer<Facts> {
  const own = columns.map((column) =>
    column.byteLength === column.buffer.byteLength ? column : column.slice(),
  );
  return { columns: own, facts };
}

/** An entry as bytes: the length of its head, the head as JSON, and the columns one behind another. */
export function encodeAnswer({ version, answer: { columns, facts } }: VersionedAnswer): Buffer {
  const head = Buffer.from(JSON.stringify({ version, facts, lengths: columns.map(({ length }) => length) }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const bytes = columns.map((column) => Buffer.from(column.buffer, column.byteOffset, column.byteLength));
  return Buffer.concat([length, head, ...bytes]);
}

/** The inverse of {@link encodeAnswer}; undefined for what is no such entry. */
export function decodeAnswer(bytes: Buffer): VersionedAnswer | undefined {
  try {
    const headEnd = 4 + bytes.readUInt32LE(0);
    const { version, facts, lengths } = JSON.parse(bytes.toString('utf8', 4, headEnd));
    let at = headEnd;
    const columns = (lengths as number[]).map((length) => {
      const column = new Float64Array(Uint8Array.from(bytes.subarray(at, at + length * 8)).buffer);
      if (column.length !== length) throw new RangeError('the columns are not as long as it says');
      at += length * 8;
      return column;
    });
    return at === bytes.length && typeof version === 'string'
      ? { version, answer: { columns, facts } }
      : undefined;
  } catch {
    return undefined;
  }
}
