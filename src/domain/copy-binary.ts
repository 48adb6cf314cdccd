import { HyperdashError } from '../errors.ts';
import type { Columns } from './lttb.ts';

/** Bytes of a row: its number of fields, then length and bytes of a timestamptz and a float8. */
export const COPY_ROW_BYTES = 2 + 4 + 8 + 4 + 8;

const SIGNATURE = Uint8Array.from('PGCOPY\n\xff\r\n\0', (character) => character.charCodeAt(0));
/** Signature, flags and the length of the header's extension. */
const HEADER_BYTES = SIGNATURE.length + 4 + 4;
/** A reader must refuse flags among these that it does not know; none is known here. */
const CRITICAL_FLAGS = 0xffff0000;
/** 2000-01-01, PostgreSQL's epoch, in microseconds since 1970. */
const POSTGRES_EPOCH_US = 946_684_800_000_000;
const FIRST_CAPACITY_ROWS = 1024;

/** Bounds of a decoder. */
export interface CopyDecoderOptions {
  /** More rows than this are refused. */
  readonly maxRows: number;
  /** Rows to make room for at first, where the number is known. */
  readonly expectedRows?: number;
}

/**
 * Decodes `COPY (SELECT timestamptz, float8 …) TO STDOUT (FORMAT binary)` straight into columns, from chunks cut
 * anywhere; nothing is allocated for a row. A chunk is read before `push` returns and not kept.
 *
 * Times become epoch milliseconds, the nearest double to the microseconds stored.
 *
 * Source: PostgreSQL's documentation of COPY, "Binary Format".
 */
export class CopyDecoder {
  readonly #maxRows: number;
  #times: Float64Array<ArrayBuffer>;
  #values: Float64Array<ArrayBuffer>;
  #rows = 0;
  #inRows = false;
  #extensionBytes = 0;
  /** The beginning of a header or row whose end has not come yet; the trailer, once all has. */
  readonly #rest = new Uint8Array(COPY_ROW_BYTES);
  readonly #restView = new DataView(this.#rest.buffer);
  #restBytes = 0;

  constructor({ maxRows, expectedRows = FIRST_CAPACITY_ROWS }: CopyDecoderOptions) {
    this.#maxRows = maxRows;
    const capacity = Math.max(1, Math.min(expectedRows, maxRows));
    this.#times = new Float64Array(capacity);
    this.#values = new Float64Array(capacity);
  }

  /** Rows decoded so far. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * Decodes what a chunk completes.
   * @throws HyperdashError BAD_REQUEST at more than `maxRows` rows, INTERNAL_SERVER_ERROR where the bytes are not such a COPY
   */
  push(chunk: Uint8Array): void {
    let offset = this.#inRows ? 0 : this.#readHeader(chunk);
    if (!this.#inRows) return;
    if (this.#restBytes > 0) {
      offset = this.#fillRest(chunk, offset, COPY_ROW_BYTES);
      if (this.#restBytes < COPY_ROW_BYTES) return;
      this.#readRows(this.#restView, 0, 1);
      this.#restBytes = 0;
    }
    const rows = Math.floor((chunk.length - offset) / COPY_ROW_BYTES);
    if (rows > 0) {
      this.#readRows(new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength), offset, rows);
    }
    this.#fillRest(chunk, offset + rows * COPY_ROW_BYTES, COPY_ROW_BYTES);
  }

  /**
   * Ends the input. The columns are views that may be shorter than the buffers behind them; the decoder gives them up.
   * @throws HyperdashError INTERNAL_SERVER_ERROR where the input is not complete
   */
  finish(): Columns {
    if (!this.#inRows || this.#restBytes !== 2 || this.#restView.getInt16(0) !== -1) {
      throw malformed('it ends before its trailer');
    }
    return { times: this.#times.subarray(0, this.#rows), values: this.#values.subarray(0, this.#rows) };
  }

  /** Copies into `#rest` until it holds `wanted` bytes or the chunk ends; gives the offset after what was taken. */
  #fillRest(chunk: Uint8Array, offset: number, wanted: number): number {
    const end = Math.min(chunk.length, offset + wanted - this.#restBytes);
    for (let i = offset; i < end; i++) this.#rest[this.#restBytes++] = chunk[i]!;
    return end;
  }

  /** Gives the offset of the first row once the header is complete. */
  #readHeader(chunk: Uint8Array): number {
    let offset = 0;
    if (this.#restBytes < HEADER_BYTES) {
      offset = this.#fillRest(chunk, 0, HEADER_BYTES);
      if (this.#restBytes < HEADER_BYTES) return offset;
      if (SIGNATURE.some((byte, i) => this.#rest[i] !== byte)) throw malformed('its signature is wrong');
      if ((this.#restView.getInt32(SIGNATURE.length) & CRITICAL_FLAGS) !== 0) {
        throw malformed('its header has unknown flags');
      }
      this.#extensionBytes = this.#restView.getUint32(SIGNATURE.length + 4);
    }
    const skipped = Math.min(this.#extensionBytes, chunk.length - offset);
    this.#extensionBytes -= skipped;
    if (this.#extensionBytes === 0) {
      this.#inRows = true;
      this.#restBytes = 0;
    }
    return offset + skipped;
  }

  #readRows(view: DataView, offset: number, count: number): void {
    if (this.#rows + count > this.#maxRows) throw tooManyRows(this.#maxRows);
    if (this.#rows + count > this.#times.length) this.#grow(this.#rows + count);
    const decoded = decodeRows(view, offset, count, this.#times, this.#values, this.#rows);
    if (decoded < count) throw malformedRow(view, offset + decoded * COPY_ROW_BYTES);
    this.#rows += count;
  }

  #grow(rows: number): void {
    const capacity = Math.min(this.#maxRows, Math.max(rows, 2 * this.#times.length));
    const times = new Float64Array(capacity);
    const values = new Float64Array(capacity);
    times.set(this.#times.subarray(0, this.#rows));
    values.set(this.#values.subarray(0, this.#rows));
    this.#times = times;
    this.#values = values;
  }
}

/**
 * Decodes a whole COPY at once; see {@link CopyDecoder}.
 * @throws HyperdashError BAD_REQUEST at more than `maxRows` rows, INTERNAL_SERVER_ERROR where the bytes are not such a COPY
 */
export function decodeCopy(chunks: readonly Uint8Array[], maxRows: number): Columns {
  const bytes = chunks.reduce((total, chunk) => total + chunk.byteLength, 0);
  const decoder = new CopyDecoder({ maxRows, expectedRows: Math.ceil(bytes / COPY_ROW_BYTES) });
  for (const chunk of chunks) decoder.push(chunk);
  return decoder.finish();
}

/** Gives the number of rows decoded; fewer than `count` where one is not a timestamptz and a float8. */
function decodeRows(
  view: DataView,
  offset: number,
  count: number,
  times: Float64Array,
  values: Float64Array,
  at: number,
): number {
  for (let row = 0; row < count; row++) {
    // Two fields and the upper half of the first length, then its lower half: 00 02 00 00 | 00 08.
    const wellFormed =
      view.getInt32(offset) === 0x20000 &&
      view.getInt16(offset + 4) === 8 &&
      view.getInt32(offset + 14) === 8;
    if (!wellFormed) return row;
    const microseconds = view.getInt32(offset + 6) * 0x1_0000_0000 + view.getUint32(offset + 10);
    times[at + row] = (microseconds + POSTGRES_EPOCH_US) / 1000;
    values[at + row] = view.getFloat64(offset + 18);
    offset += COPY_ROW_BYTES;
  }
  return count;
}

function malformedRow(view: DataView, offset: number): HyperdashError {
  const fields = view.getInt16(offset);
  if (fields === -1) return malformed('bytes follow its trailer');
  if (fields !== 2) return malformed(`a row has ${fields} fields instead of 2`);
  const nullField = view.getInt32(offset + 2) === -1 || view.getInt32(offset + 14) === -1;
  return malformed(nullField ? 'a field is NULL' : 'a field is not 8 bytes long');
}

function malformed(what: string): HyperdashError {
  return new HyperdashError(
    'INTERNAL_SERVER_ERROR',
    `The database's COPY is not of times and values: ${what}.`,
  );
}

function tooManyRows(maxRows: number): HyperdashError {
  return new HyperdashError(
    'BAD_REQUEST',
    `The range holds more than ${maxRows} rows; ask for resolution=fit, or for a shorter range.`,
    { fields: [{ field: 'resolution', reason: `more than ${maxRows} rows; use fit` }] },
  );
}
