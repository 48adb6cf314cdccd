import type { SampleColumns } from '../domain/sample-columns.ts';

/** PostgreSQL counts timestamptz in microseconds from 2000-01-01. */
const POSTGRES_EPOCH_MS = 946_684_800_000;
const TWO_TO_32 = 0x1_0000_0000;

const OID = { int4: 23, float8: 701, timestamptz: 1184 } as const;
const ARRAY_HEADER_BYTES = 20;

const COPY_SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const COPY_HEADER_BYTES = COPY_SIGNATURE.length + 8;
/** A field count, then timestamptz, int4 and float8, each behind its length. */
const COPY_ROW_BYTES = 2 + (4 + 8) + (4 + 4) + (4 + 8);

/** `COPY samples (time, series_id, value) FROM STDIN (FORMAT binary)`: header, rows and trailer in one buffer. */
export function encodeCopy({ seriesIds, times, values }: SampleColumns): Buffer {
  const buffer = Buffer.allocUnsafe(COPY_HEADER_BYTES + times.length * COPY_ROW_BYTES + 2);
  COPY_SIGNATURE.copy(buffer);
  buffer.fill(0, COPY_SIGNATURE.length, COPY_HEADER_BYTES);
  let at = COPY_HEADER_BYTES;
  for (let i = 0; i < times.length; i++) {
    at = buffer.writeInt16BE(3, at);
    at = buffer.writeInt32BE(8, at);
    at = writeTimestamp(buffer, times[i]!, at);
    at = buffer.writeInt32BE(4, at);
    at = buffer.writeInt32BE(seriesIds[i]!, at);
    at = buffer.writeInt32BE(8, at);
    at = buffer.writeDoubleBE(values[i]!, at);
  }
  buffer.writeInt16BE(-1, at);
  return buffer;
}

/** The columns as binary arrays, in the order time, series_id, value; `pg` sends a Buffer as a binary parameter. */
export function encodeArrays({ seriesIds, times, values }: SampleColumns): [Buffer, Buffer, Buffer] {
  return [
    encodeArray(OID.timestamptz, 8, times.length, (buffer, i, at) => writeTimestamp(buffer, times[i]!, at)),
    encodeArray(OID.int4, 4, times.length, (buffer, i, at) => buffer.writeInt32BE(seriesIds[i]!, at)),
    encodeArray(OID.float8, 8, times.length, (buffer, i, at) => buffer.writeDoubleBE(values[i]!, at)),
  ];
}

function encodeArray(
  elementOid: number,
  elementBytes: number,
  length: number,
  write: (buffer: Buffer, index: number, at: number) => number,
): Buffer {
  const buffer = Buffer.allocUnsafe(ARRAY_HEADER_BYTES + length * (4 + elementBytes));
  buffer.writeInt32BE(length === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(0, 4);
  buffer.writeInt32BE(elementOid, 8);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
  let at = ARRAY_HEADER_BYTES;
  for (let i = 0; i < length; i++) at = write(buffer, i, buffer.writeInt32BE(elementBytes, at));
  return length === 0 ? buffer.subarray(0, 12) : buffer;
}

function writeTimestamp(buffer: Buffer, timeMs: number, at: number): number {
  const microseconds = Math.round((timeMs - POSTGRES_EPOCH_MS) * 1000);
  const high = Math.floor(microseconds / TWO_TO_32);
  buffer.writeInt32BE(high, at);
  return buffer.writeUInt32BE(microseconds - high * TWO_TO_32, at + 4);
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
