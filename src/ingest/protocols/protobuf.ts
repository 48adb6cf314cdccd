import { isUtf8 } from 'node:buffer';
import protobuf, { type Reader } from 'protobufjs/minimal.js';
import { HyperdashError } from '../../errors.ts';

export type { Reader };

const TWO_TO_32 = 0x1_0000_0000;

/** Opens bytes for reading; messages are walked field by field, so that nothing is built that is not stored. */
export function readerOf(bytes: Uint8Array): Reader {
  return protobuf.Reader.create(bytes);
}

/**
 * Reads the length of an embedded message or packed field.
 * @returns where it ends
 * @throws HyperdashError BAD_REQUEST where that is past the end of what holds it
 */
export function endOfField(reader: Reader, holderEnd: number): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > holderEnd) throw malformed();
  return end;
}

/**
 * Visits every field up to `end`.
 * @param visit reads the value of the field; returns false where it has no use for it
 */
export function eachField(reader: Reader, end: number, visit: (tag: number) => boolean): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (!visit(tag)) skipField(reader, tag);
  }
}

/** Skips the value of a field that is of no use here. */
export function skipField(reader: Reader, tag: number): void {
  reader.skipType(tag & 7, 0, tag >>> 3);
}

/** An `int64`, as the nearest double. */
export function readInt64(reader: Reader): number {
  const { high, low } = reader.int64();
  return high * TWO_TO_32 + (low >>> 0);
}

/** A `fixed64`, as the nearest double. */
export function readFixed64(reader: Reader): number {
  const { high, low } = reader.fixed64();
  return (high >>> 0) * TWO_TO_32 + (low >>> 0);
}

/** An `sfixed64`, as the nearest double. */
export function readSignedFixed64(reader: Reader): number {
  const { high, low } = reader.sfixed64();
  return high * TWO_TO_32 + (low >>> 0);
}

/**
 * A `string`.
 * @throws HyperdashError BAD_REQUEST where it is not UTF-8, which would make different names equal
 */
export function readText(reader: Reader): string {
  const bytes = reader.bytes();
  if (!isUtf8(bytes)) throw new HyperdashError('BAD_REQUEST', 'the body holds text that is not UTF-8');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

/**
 * Runs a decoder of protobuf.
 * @throws HyperdashError BAD_REQUEST in place of the reader's own errors
 */
export function decodingProtobuf(decode: () => void): void {
  try {
    decode();
  } catch (error) {
    if (error instanceof HyperdashError) throw error;
    throw malformed(error);
  }
}

function malformed(cause?: unknown): HyperdashError {
  return new HyperdashError('BAD_REQUEST', 'the body is not the protobuf message it is said to be', {
    cause,
  });
}
