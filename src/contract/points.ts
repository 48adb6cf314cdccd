/** One point of a chart. */
export interface Point {
  readonly time: Date;
  readonly value: number;
}

const BYTES_PER_POINT = 16;

/**
 * Points of a chart as two columns of equal length. Iterating gives `{time, value}` objects for chart libraries
 * that take them; `JSON.stringify` gives `[{"time": "2025-12-02T10:00:00.000Z", "value": 45.2}]`.
 */
export class Points implements Iterable<Point> {
  /** Epoch milliseconds, strictly ascending. A fraction is left where a sample was stored with microseconds. */
  readonly times: Float64Array;
  /** Finite values, in the metric's own unit. */
  readonly values: Float64Array;

  /** @throws RangeError where the columns differ in length */
  constructor(times: Float64Array, values: Float64Array) {
    if (times.length !== values.length) throw new RangeError('times and values must have the same length');
    this.times = times;
    this.values = values;
  }

  /** Number of points. */
  get length(): number {
    return this.times.length;
  }

  *[Symbol.iterator](): Iterator<Point> {
    for (let i = 0; i < this.times.length; i++) {
      yield { time: new Date(this.times[i]!), value: this.values[i]! };
    }
  }

  toJSON(): { time: string; value: number }[] {
    return Array.from(this, ({ time, value }) => ({ time: time.toISOString(), value }));
  }

  /** Both columns, `times` first, as base64 of little-endian doubles: exact to the bit. */
  toBase64(): string {
    const bytes = new Uint8Array(this.length * BYTES_PER_POINT);
    bytes.set(bytesOf(this.times), 0);
    bytes.set(bytesOf(this.values), bytes.length / 2);
    return encodeBase64(bytes);
  }

  /**
   * The inverse of {@link Points.toBase64}.
   * @throws RangeError where the text does not hold two columns of doubles
   */
  static fromBase64(text: string): Points {
    const bytes = decodeBase64(text);
    if (bytes.length % BYTES_PER_POINT !== 0) throw new RangeError('not two columns of doubles');
    const columns = new Float64Array(bytes.buffer, 0, bytes.length / 8);
    const length = columns.length / 2;
    return new Points(columns.subarray(0, length), columns.subarray(length));
  }
}

/** The bytes of a column, not copied. */
export function bytesOf(column: Float64Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}

/** Characters that `String.fromCharCode` gets at once: well below every engine's limit of arguments. */
const CHUNK = 0x2000;

/** Base64 of bytes. Browsers have no Buffer, Node 24 has no Uint8Array.prototype.toBase64 yet. */
export function encodeBase64(bytes: Uint8Array): string {
  if (typeof Buffer !== 'undefined')
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
  let binary = '';
  for (let i = 0; i < bytes.length; i += CHUNK)
    binary += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return btoa(binary);
}

/** In every browser since 2025; a tenth of the time of a loop over characters, which a page that just began has not compiled. */
const { fromBase64 } = Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };

/** The inverse of {@link encodeBase64}, in a buffer of its own. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  if (typeof Buffer !== 'undefined') return new Uint8Array(Buffer.from(text, 'base64'));
  if (fromBase64) return fromBase64.call(Uint8Array, text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
