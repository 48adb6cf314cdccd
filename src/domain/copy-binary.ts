import { HyperdashError } from '../errors.ts';
import { type Column, CopyRowLayout, type CopyType } from './copy-row.ts';

const SIGNATURE = Uint8Array.from('PGCOPY\n\xff\r\n\0', (character) => character.charCodeAt(0));
/** Signature, flags and the length of the header's extension. */
const HEADER_BYTES = SIGNATURE.length + 4 + 4;
/** A reader must refuse flags among these that it does not know; none is known here. */
const CRITICAL_FLAGS = 0xffff0000;
const COPY_DATA = 0x64;
/** Code and length before a message's content. */
const MESSAGE_HEADER_BYTES = 1 + 4;
const FIRST_SEGMENT_ROWS = 1024;
const LARGEST_SEGMENT_ROWS = 65_536;

/** What a COPY holds. */
export interface CopyShape {
  /** Types of its columns, at least one. */
  readonly types: readonly CopyType[];
  /** More rows than this are refused. */
  readonly maxRows: number;
}

/** A run of rows: one piece of each column, of one length. */
export type Segment = readonly Column[];

/**
 * Decodes `COPY … TO STDOUT (FORMAT binary)` straight into columns, from chunks cut anywhere; nothing is allocated for a
 * row. A chunk is read before the call returns and not kept. Columns come in segments of up to 65 536 rows, so that
 * growing never copies what is there.
 *
 * Times become epoch milliseconds, the nearest double to the microseconds stored.
 *
 * Source: PostgreSQL's documentation of COPY, "Binary Format".
 */
export class CopyDecoder {
  readonly #layout: CopyRowLayout;
  readonly #columnCount: number;
  readonly #maxRows: number;
  readonly #full: Segment[] = [];
  #segment: Column[];
  #segmentRows = 0;
  #rows = 0;
  #inRows = false;
  #extensionBytes = 0;
  /** The beginning of a header or row whose end has not come yet; the trailer, once all has. */
  readonly #rest: Uint8Array;
  readonly #restView: DataView;
  #restBytes = 0;

  constructor({ types, maxRows }: CopyShape) {
    this.#layout = new CopyRowLayout(types);
    this.#columnCount = types.length;
    this.#maxRows = maxRows;
    this.#segment = this.#newSegment(FIRST_SEGMENT_ROWS);
    this.#rest = new Uint8Array(Math.max(this.#layout.rowBytes, HEADER_BYTES));
    this.#restView = new DataView(this.#rest.buffer);
  }

  /** Rows decoded so far. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * Decodes what a chunk of the COPY's own bytes completes.
   * @throws HyperdashError BAD_REQUEST at more than `maxRows` rows, INTERNAL_SERVER_ERROR where the bytes are not such a COPY
   */
  push(chunk: Uint8Array): void {
    const { rowBytes } = this.#layout;
    let offset = this.#inRows ? 0 : this.#readHeader(chunk);
    if (!this.#inRows) return;
    if (this.#restBytes > 0) {
      offset = this.#fillRest(chunk, offset, rowBytes);
      if (this.#restBytes < rowBytes) return;
      this.#readRows(this.#restView, 0, rowBytes, 1);
      this.#restBytes = 0;
    }
    const rows = Math.floor((chunk.length - offset) / rowBytes);
    if (rows > 0) this.#readRows(viewOf(chunk), offset, rowBytes, rows);
    this.#fillRest(chunk, offset + rows * rowBytes, rowBytes);
  }

  /**
   * Decodes rows that still stand each in a CopyData message of its own, as PostgreSQL sends them: as many whole ones as
   * follow each other, from `offset` on.
   * @returns the offset after them; `offset` itself where there is none
   * @throws HyperdashError as {@link push}
   */
  takeMessages(chunk: Uint8Array, offset: number): number {
    const { rowBytes } = this.#layout;
    const stride = MESSAGE_HEADER_BYTES + rowBytes;
    if (!this.#inRows || this.#restBytes > 0 || offset + stride > chunk.length) return offset;
    const view = viewOf(chunk);
    const last = chunk.length - stride;
    let end = offset;
    while (end <= last && view.getUint8(end) === COPY_DATA && view.getInt32(end + 1) === 4 + rowBytes)
      end += stride;
    if (end > offset) {
      this.#readRows(view, offset + MESSAGE_HEADER_BYTES, stride, (end - offset) / stride);
    }
    return end;
  }

  /**
   * Ends the input; the decoder gives its segments up. There is at least one, which may be empty; a piece may be shorter
   * than the buffer behind it.
   * @throws HyperdashError INTERNAL_SERVER_ERROR where the input is not complete
   */
  finish(): readonly Segment[] {
    if (!this.#inRows || this.#restBytes !== 2 || this.#restView.getInt16(0) !== -1) {
      throw malformed('it ends before its trailer');
    }
    return [...this.#full, this.#segment.map((column) => column.subarray(0, this.#segmentRows))];
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

  #readRows(view: DataView, offset: number, stride: number, count: number): void {
    if (this.#rows + count > this.#maxRows) throw tooManyRows(this.#maxRows);
    const right = this.#layout.wellFormed(view, offset, stride, count);
    if (right < count) throw malformed(this.#layout.fault(view, offset + right * stride));
    for (let done = 0; done < count; ) {
      const part = Math.min(count - done, this.#room());
      this.#layout.decode(view, offset + done * stride, stride, part, this.#segment, this.#segmentRows);
      this.#segmentRows += part;
      done += part;
    }
    this.#rows += count;
  }

  /** Rows that the segment has room for, a new one where the last is full. */
  #room(): number {
    const capacity = this.#segment[0]!.length;
    if (this.#segmentRows < capacity) return capacity - this.#segmentRows;
    this.#full.push(this.#segment);
    this.#segment = this.#newSegment(Math.min(2 * capacity, LARGEST_SEGMENT_ROWS));
    this.#segmentRows = 0;
    return this.#segment[0]!.length;
  }

  #newSegment(rows: number): Column[] {
    return Array.from({ length: this.#columnCount }, () => new Float64Array(rows));
  }
}

/** Pieces of one column as one; a single piece is given back as it is. */
export function joinColumn(pieces: readonly Column[]): Column {
  if (pieces.length === 1) return pieces[0]!;
  const joined = new Float64Array(pieces.reduce((rows, piece) => rows + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** The error of a COPY, or of the messages around it, that is not what was asked for. */
export function malformed(what: string): HyperdashError {
  return new HyperdashError('INTERNAL_SERVER_ERROR', `The database's COPY is not as asked for: ${what}.`);
}

function viewOf(chunk: Uint8Array): DataView {
  return new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

function tooManyRows(maxRows: number): HyperdashError {
  return new HyperdashError(
    'BAD_REQUEST',
    `The range holds more than ${maxRows} rows; ask for resolution=fit, or for a shorter range.`,
    { fields: [{ field: 'resolution', reason: `more than ${maxRows} rows; use fit` }] },
  );
}
