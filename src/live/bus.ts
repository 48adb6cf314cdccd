import type { Committed } from '../domain/committed.ts';

/** Tells other nodes at once what this one has committed. What it loses, the commit log brings a second later. */
export interface Bus {
  /** Tells the nodes that listen; never throws, never waits. */
  send(committed: Committed): void;
  /** Begins or ceases to listen. */
  listen(listening: boolean): void;
  close(): Promise<void>;
}

const HEADER_BYTES = 16;
const SAMPLE_BYTES = 8 + 8 + 4;

/** A commit as one message, little-endian: xid, number of samples, then the columns of times, values and ids. */
export function encodeCommitted({ xid, samples: { seriesIds, times, values } }: Committed): Buffer {
  const message = Buffer.alloc(HEADER_BYTES + times.length * SAMPLE_BYTES);
  message.writeDoubleLE(xid, 0);
  message.writeUInt32LE(times.length, 8);
  let at = HEADER_BYTES;
  for (const time of times) at = message.writeDoubleLE(time, at);
  for (const value of values) at = message.writeDoubleLE(value, at);
  for (const id of seriesIds) at = message.writeInt32LE(id, at);
  return message;
}

/** The inverse of {@link encodeCommitted}; undefined for what is no such message. */
export function decodeCommitted(message: Buffer): Committed | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const length = message.readUInt32LE(8);
  if (message.length !== HEADER_BYTES + length * SAMPLE_BYTES) return undefined;
  const timesAt = HEADER_BYTES;
  const valuesAt = timesAt + length * 8;
  const idsAt = valuesAt + length * 8;
  return {
    xid: message.readDoubleLE(0),
    samples: {
      times: Float64Array.from({ length }, (_, i) => message.readDoubleLE(timesAt + i * 8)),
      values: Float64Array.from({ length }, (_, i) => message.readDoubleLE(valuesAt + i * 8)),
      seriesIds: Int32Array.from({ length }, (_, i) => message.readInt32LE(idsAt + i * 4)),
    },
  };
}
