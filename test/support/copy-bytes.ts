import { CopyDecoder, joinColumn, type Segment } from '../../src/domain/copy-binary.ts';
import type { Columns } from '../../src/domain/lttb.ts';

/** Bytes of a row: its number of fields, then length and bytes of a timestamptz and a float8. */
export const ROW_BYTES = 2 + 4 + 8 + 4 + 8;
/** Types of such rows. */
export const ROW_TYPES = ['timestamptz', 'float8'] as const;

const HEADER = [...Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), 0, 0, 0, 0];

/** A row as PostgreSQL sends it: microseconds since 1970 and a value; null for NULL. */
export type CopyRow = readonly [microseconds: bigint | null, value: number | null];

function field(bytes: Buffer | null): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes === null ? -1 : bytes.length);
  return bytes === null ? length : Buffer.concat([length, bytes]);
}

function rowBytes([microseconds, value]: CopyRow): Buffer {
  const time = Buffer.alloc(8);
  if (microseconds !== null) time.writeBigInt64BE(microseconds - 946_684_800_000_000n);
  const float = Buffer.alloc(8);
  if (value !== null) float.writeDoubleBE(value);
  const fields = [field(microseconds === null ? null : time), field(value === null ? null : float)];
  return Buffer.concat([Buffer.from([0, 2]), ...fields]);
}

/** What `COPY … TO STDOUT (FORMAT binary)` sends for the rows, in a buffer of its own. */
export function copyBytes(rows: readonly CopyRow[], extension: Uint8Array = new Uint8Array()) {
  const extensionLength = Buffer.alloc(4);
  extensionLength.writeUInt32BE(extension.length);
  const parts = [
    Buffer.from(HEADER),
    extensionLength,
    extension,
    ...rows.map(rowBytes),
    Buffer.from([255, 255]),
  ];
  return new Uint8Array(Buffer.concat(parts));
}

/** The COPY of steady samples: `count` rows, every 10 s, values of a sine. */
export function steadyCopyBytes(count: number): Uint8Array<ArrayBuffer> {
  const header = copyBytes([]).length - 2;
  const bytes = new Uint8Array(header + count * ROW_BYTES + 2);
  bytes.set(copyBytes([]).subarray(0, header));
  const view = new DataView(bytes.buffer);
  for (let i = 0, at = header; i < count; i++, at += ROW_BYTES) {
    view.setInt16(at, 2);
    view.setInt32(at + 2, 8);
    view.setBigInt64(at + 6, 817_984_800_000_000n + BigInt(i) * 10_000_000n);
    view.setInt32(at + 14, 8);
    view.setFloat64(at + 18, Math.sin(i / 500) * 50);
  }
  view.setInt16(bytes.length - 2, -1);
  return bytes;
}

/** What the program's decoder makes of chunks of such a COPY. */
export function decodeCopy(chunks: readonly Uint8Array[], maxRows: number): Columns {
  const decoder = new CopyDecoder({ types: ROW_TYPES, maxRows });
  for (const chunk of chunks) decoder.push(chunk);
  return columnsIn(decoder.finish());
}

/** Times and values of all segments. */
export function columnsIn(segments: readonly Segment[]): Columns {
  return {
    times: joinColumn(segments.map(([times]) => times!)),
    values: joinColumn(segments.map(([, values]) => values!)),
  };
}
