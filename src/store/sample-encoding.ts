import { rowsOf, type SampleColumns } from '../domain/sample-columns.ts';

/** PostgreSQL counts timestamptz in microseconds from 2000-01-01. */
const POSTGRES_EPOCH_MS = 946_684_800_000;
const TWO_TO_32 = 0x1_0000_0000;

const OID = { int4: 23, float8: 701, timestamptz: 1184 } as const;
const ARRAY_HEADER_BYTES = 20;

const COPY_SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const COPY_HEADER_BYTES = COPY_SIGNATURE.length + 8;
/** A field count, then timestamptz, int4 and float8, each behind its length. */
const COPY_ROW_BYTES = 2 + (4 + 8) + (4 + 4) + (4 + 8);

/** `COPY samples (time, series_id, value) FROM STDIN (FORMAT binary)`: header, all rows and trailer in one buffer. */
export function encodeCopy(batches: readonly SampleColumns[]): Buffer {
  const buffer = Buffer.allocUnsafe(COPY_HEADER_BYTES + rowsOf(batches) * COPY_ROW_BYTES + 2);
  COPY_SIGNATURE.copy(buffer);
  buffer.fill(0, COPY_SIGNATURE.length, COPY_HEADER_BYTES);
  // A DataView's setters are compiled inline, a Buffer's are not.
  const view = viewOf(buffer);
  let at = COPY_HEADER_BYTES;
  for (const { seriesIds, times, values } of batches) {
    for (let i = 0; i < times.length; i++) {
      view.setInt16(at, 3);
      view.setInt32(at + 2, 8);
      setTimestamp(view, at + 6, times[i]!);
      view.setInt32(at + 14, 4);
      view.setInt32(at + 18, seriesIds[i]!);
      view.setInt32(at + 22, 8);
      view.setFloat64(at + 26, values[i]!);
      at += COPY_ROW_BYTES;
    }
  }
  view.setInt16(at, -1);
  return buffer;
}

/**
 * All rows as three binary arrays, in the order time, series_id, value; `pg` sends a Buffer as a binary parameter.
 */
export function encodeArrays(batches: readonly SampleColumns[]): [Buffer, Buffer, Buffer] {
  return [
    encodeArray(OID.timestamptz, 8, batches, (view, at, { times }, i) => setTimestamp(view, at, times[i]!)),
    encodeArray(OID.int4, 4, batches, (view, at, { seriesIds }, i) => view.setInt32(at, seriesIds[i]!)),
    encodeArray(OID.float8, 8, batches, (view, at, { values }, i) => view.setFloat64(at, values[i]!)),
  ];
}

function encodeArray(
  elementOid: number,
  elementBytes: number,
  batches: readonly SampleColumns[],
  set: (view: DataView, at: number, batch: SampleColumns, row: number) => void,
): Buffer {
  const rows = rowsOf(batches);
  const buffer = Buffer.allocUnsafe(ARRAY_HEADER_BYTES + rows * (4 + elementBytes));
  const view = viewOf(buffer);
  for (const [index, field] of [rows === 0 ? 0 : 1, 0, elementOid, rows, 1].entries()) {
    view.setInt32(index * 4, field);
  }
  let at = ARRAY_HEADER_BYTES;
  for (const batch of batches) {
    for (let i = 0; i < batch.times.length; i++) {
      view.setInt32(at, elementBytes);
      set(view, at + 4, batch, i);
      at += 4 + elementBytes;
    }
  }
  return rows === 0 ? buffer.subarray(0, 12) : buffer;
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function setTimestamp(view: DataView, at: number, timeMs: number): void {
  const microseconds = Math.round((timeMs - POSTGRES_EPOCH_MS) * 1000);
  const high = Math.floor(microseconds / TWO_TO_32);
  view.setInt32(at, high);
  view.setUint32(at + 4, microseconds - high * TWO_TO_32);
}

/** The columns `time`, `series_id` and `value` of all rows in one, as {@link decodeArrays} takes them. */
export const AS_ARRAYS = `
  array_send(coalesce(array_agg(time), '{}')) AS times,
  array_send(coalesce(array_agg(series_id), '{}')) AS "seriesIds",
  array_send(coalesce(array_agg(value), '{}')) AS values`;

/** Columns as `array_send` writes them: without NULLs and of equal length. */
export interface ArraysRow {
  readonly times: Buffer;
  readonly seriesIds: Buffer;
  readonly values: Buffer;
}

/** The inverse of {@link encodeArrays}. */
export function decodeArrays({ times, seriesIds, values }: ArraysRow): SampleColumns {
  return {
    seriesIds: Int32Array.from(elementsOf(seriesIds, 4), (at) => seriesIds.readInt32BE(at)),
    times: Float64Array.from(elementsOf(times, 8), (at) => readTimestamp(times, at)),
    values: Float64Array.from(elementsOf(values, 8), (at) => values.readDoubleBE(at)),
  };
}

/** Where each element of a binary array starts. */
function elementsOf(array: Buffer, elementBytes: number): number[] {
  const dimensions = array.readInt32BE(0);
  const length = dimensions === 0 ? 0 : array.readInt32BE(12);
  return Array.from({ length }, (_, i) => ARRAY_HEADER_BYTES + 4 + i * (4 + elementBytes));
}

function readTimestamp(buffer: Buffer, at: number): number {
  const microseconds = buffer.readInt32BE(at) * TWO_TO_32 + buffer.readUInt32BE(at + 4);
  return microseconds / 1000 + POSTGRES_EPOCH_MS;
}
