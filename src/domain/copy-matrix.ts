import { HyperdashError } from '../errors.ts';

/** Rows of several lines as columns of one length, by line and then by time. */
export interface LineRows {
  /** Which line, from 0. */
  readonly lines: Int32Array;
  /** Epoch milliseconds, ascending within a line. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
}

const HEADER_BYTES = 19;
/** A field count, then `int4`, `timestamptz` and three `float8`, each behind its length. */
export const MATRIX_ROW_BYTES = 2 + (4 + 4) + 4 * (4 + 8);
const FIELDS = 5;
const POSTGRES_EPOCH_US = 946_684_800_000_000;

/**
 * Decodes a whole binary COPY of (line int, time timestamptz, value, min, max float8), none of them NULL.
 * Source: the PostgreSQL manual, COPY, "Binary Format".
 * @throws HyperdashError INTERNAL_SERVER_ERROR where the bytes are not such a COPY
 */
export function decodeMatrixCopy(chunks: readonly Uint8Array[]): LineRows {
  const bytes = concatenate(chunks);
  const view = new DataView(bytes.buffer);
  if (bytes.length < HEADER_BYTES + 2) throw malformed();
  const first = HEADER_BYTES + view.getUint32(HEADER_BYTES - 4);
  const count = (bytes.length - first - 2) / MATRIX_ROW_BYTES;
  if (!Number.isInteger(count) || count < 0 || view.getInt16(bytes.length - 2) !== -1) throw malformed();
  const rows: LineRows = {
    lines: new Int32Array(count),
    times: new Float64Array(count),
    values: new Float64Array(count),
    min: new Float64Array(count),
    max: new Float64Array(count),
  };
  for (let row = 0, at = first; row < count; row++, at += MATRIX_ROW_BYTES) {
    if (view.getInt16(at) !== FIELDS) throw malformed();
    rows.lines[row] = view.getInt32(at + 6);
    const microseconds = view.getInt32(at + 14) * 0x1_0000_0000 + view.getUint32(at + 18);
    rows.times[row] = (microseconds + POSTGRES_EPOCH_US) / 1000;
    rows.values[row] = view.getFloat64(at + 26);
    rows.min[row] = view.getFloat64(at + 38);
    rows.max[row] = view.getFloat64(at + 50);
  }
  return rows;
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function malformed(): HyperdashError {
  return new HyperdashError(
    'INTERNAL_SERVER_ERROR',
    "The database's COPY is not of lines, times and values.",
  );
}
