import { type CopyDecoder, malformed } from './copy-binary.ts';

const COPY_DATA = 0x64;
const READY_FOR_QUERY = 0x5a;
const HEADER_BYTES = 5;

/**
 * Takes the rows of a COPY out of what the server sends, cut anywhere, and leaves every other message (errors, notices,
 * the COPY's beginning and end) to whoever reads the rest of the protocol.
 *
 * Source: PostgreSQL's documentation, "Message Formats" and "COPY Operations".
 */
export class CopyMessages {
  readonly #decoder: CopyDecoder;
  /** Code and length of the message under way. */
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;
  #contentBytes = 0;

  constructor(decoder: CopyDecoder) {
    this.#decoder = decoder;
  }

  /**
   * Reads a chunk; what is not of a CopyData message goes to `pass`, in order.
   * @returns the offset at which ReadyForQuery begins, which ends the answer and is not passed; -1 before that
   * @throws HyperdashError as {@link CopyDecoder.push}
   */
  push(chunk: Uint8Array, pass: (bytes: Uint8Array) => void): number {
    for (let offset = 0; offset < chunk.length; ) {
      if (this.#headerBytes === 0) {
        offset = this.#decoder.takeMessages(chunk, offset);
        if (offset === chunk.length) break;
        if (chunk[offset] === READY_FOR_QUERY) return offset;
      }
      if (this.#headerBytes < HEADER_BYTES) {
        this.#header[this.#headerBytes++] = chunk[offset++]!;
        if (this.#headerBytes === HEADER_BYTES) this.#begin(pass);
      } else {
        const end = Math.min(chunk.length, offset + this.#contentBytes);
        this.#read(chunk.subarray(offset, end), pass);
        offset = end;
      }
    }
    return -1;
  }

  #begin(pass: (bytes: Uint8Array) => void): void {
    this.#contentBytes = new DataView(this.#header.buffer).getInt32(1) - 4;
    if (this.#contentBytes < 0) throw malformed('a message has no length');
    if (this.#header[0] !== COPY_DATA) pass(this.#header.slice());
    if (this.#contentBytes === 0) this.#headerBytes = 0;
  }

  #read(content: Uint8Array, pass: (bytes: Uint8Array) => void): void {
    this.#contentBytes -= content.length;
    if (this.#contentBytes === 0) this.#headerBytes = 0;
    if (this.#header[0] === COPY_DATA) this.#decoder.push(content);
    else pass(content);
  }
}
