/** Types of columns that are read, none of them NULL: `int4` as it is, `timestamptz` as epoch milliseconds. */
export type CopyType = 'int4' | 'timestamptz' | 'float8';

/** A column, or a piece of one. */
export type Column = Float64Array<ArrayBuffer>;

const FIELD_BYTES: Record<CopyType, number> = { int4: 4, timestamptz: 8, float8: 8 };
/** 2000-01-01, PostgreSQL's epoch, in microseconds since 1970. */
const POSTGRES_EPOCH_US = 946_684_800_000_000;

/**
 * Where the fields of a row stand in a binary COPY: an int16 that counts them, then each behind its int32 length.
 * Rows are decoded column by column, since a loop over one type is the fastest that V8 makes.
 *
 * Source: PostgreSQL's documentation of COPY, "Binary Format".
 */
export class CopyRowLayout {
  /** Bytes of a row. */
  readonly rowBytes: number;
  readonly #types: readonly CopyType[];
  /** Offsets in a row of each field's length. */
  readonly #offsets: readonly number[];

  constructor(types: readonly CopyType[]) {
    let offset = 2;
    this.#types = types;
    this.#offsets = types.map((type) => {
      const own = offset;
      offset += 4 + FIELD_BYTES[type];
      return own;
    });
    this.rowBytes = offset;
  }

  /** Of `count` rows, `stride` bytes apart, how many come before the first that is not of this layout. */
  wellFormed(view: DataView, offset: number, stride: number, count: number): number {
    const fields = this.#types.length;
    let right = matches(view, offset, stride, count, fields, 2);
    for (let f = 0; f < fields; f++) {
      right = matches(view, offset + this.#offsets[f]!, stride, right, FIELD_BYTES[this.#types[f]!], 4);
    }
    return right;
  }

  /** Decodes `count` well-formed rows, `stride` bytes apart, into the columns from `at` on. */
  decode(
    view: DataView,
    offset: number,
    stride: number,
    count: number,
    columns: readonly Column[],
    at: number,
  ): void {
    for (let f = 0; f < this.#types.length; f++) {
      DECODERS[this.#types[f]!](view, offset + this.#offsets[f]! + 4, stride, count, columns[f]!, at);
    }
  }

  /** What is wrong with a row. */
  fault(view: DataView, offset: number): string {
    const fields = view.getInt16(offset);
    if (fields === -1) return 'bytes follow its trailer';
    if (fields !== this.#types.length) return `a row has ${fields} fields instead of ${this.#types.length}`;
    // Fields stand where they should up to the first that is wrong.
    const wrong = this.#offsets.find((at, f) => view.getInt32(offset + at) !== FIELD_BYTES[this.#types[f]!])!;
    return view.getInt32(offset + wrong) === -1 ? 'a field is NULL' : 'a field has another length';
  }
}

/** Of `count` places, how many come before the first that does not hold the integer (of 2 or 4 bytes). */
function matches(
  view: DataView,
  offset: number,
  stride: number,
  count: number,
  integer: number,
  bytes: 2 | 4,
): number {
  for (let row = 0; row < count; row++, offset += stride) {
    if ((bytes === 2 ? view.getInt16(offset) : view.getInt32(offset)) !== integer) return row;
  }
  return count;
}

type Decode = (
  view: DataView,
  offset: number,
  stride: number,
  count: number,
  column: Column,
  at: number,
) => void;

const DECODERS: Record<CopyType, Decode> = {
  int4(view, offset, stride, count, column, at) {
    for (let row = 0; row < count; row++, offset += stride) column[at + row] = view.getInt32(offset);
  },
  timestamptz(view, offset, stride, count, column, at) {
    for (let row = 0; row < count; row++, offset += stride) {
      const microseconds = view.getInt32(offset) * 0x1_0000_0000 + view.getUint32(offset + 4);
      column[at + row] = (microseconds + POSTGRES_EPOCH_US) / 1000;
    }
  },
  float8(view, offset, stride, count, column, at) {
    for (let row = 0; row < count; row++, offset += stride) column[at + row] = view.getFloat64(offset);
  },
};
