import { HyperdashError } from '../errors.ts';

/** How much may be on its way into the database at once. */
export interface BacklogLimits {
  /** Samples that wait or are being written. */
  readonly maxPendingRows: number;
  /** Bytes of request bodies that are being received, decoded or written. */
  readonly maxPendingBytes: number;
}

/** Counts what is on its way, and refuses at once what would be too much. */
export class Backlog {
  readonly #limits: BacklogLimits;
  #rows = 0;
  #bytes = 0;
  #refused = 0;

  constructor(limits: BacklogLimits) {
    this.#limits = limits;
  }

  /** Samples on their way. */
  get rows(): number {
    return this.#rows;
  }

  /** Bytes of request bodies on their way. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Requests refused so far. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Makes room for samples; one request larger than the bound may pass alone, or it never could.
   * @returns gives the room back, once
   * @throws HyperdashError SERVICE_UNAVAILABLE where there is none
   */
  admitRows(rows: number): () => void {
    if (this.#rows > 0 && this.#rows + rows > this.#limits.maxPendingRows) this.#refuse();
    this.#rows += rows;
    return once(() => {
      this.#rows -= rows;
    });
  }

  /**
   * Makes room for the body of a request, also where samples have filled up the backlog already.
   * @returns gives the room back, once
   * @throws HyperdashError SERVICE_UNAVAILABLE where there is none
   */
  admitBytes(bytes: number): () => void {
    const rowsAreFull = this.#rows >= this.#limits.maxPendingRows;
    if (rowsAreFull || (this.#bytes > 0 && this.#bytes + bytes > this.#limits.maxPendingBytes))
      this.#refuse();
    this.#bytes += bytes;
    return once(() => {
      this.#bytes -= bytes;
    });
  }

  #refuse(): never {
    this.#refused++;
    throw new HyperdashError('SERVICE_UNAVAILABLE', 'too many samples are waiting to be written');
  }
}

function once(release: () => void): () => void {
  let released = false;
  return () => {
    if (!released) release();
    released = true;
  };
}
