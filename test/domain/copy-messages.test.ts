import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CopyDecoder } from '../../src/domain/copy-binary.ts';
import { CopyMessages } from '../../src/domain/copy-messages.ts';
import { HyperdashError } from '../../src/errors.ts';
import { columnsIn, copyBytes, decodeCopy, ROW_TYPES } from '../support/copy-bytes.ts';

const READY = message('Z', Buffer.from('I'));

/** A message of PostgreSQL's protocol. */
function message(code: string, content: Uint8Array): Buffer {
  const header = Buffer.from(`${code}....`);
  header.writeInt32BE(4 + content.length, 1);
  return Buffer.concat([header, content]);
}

/** The bytes cut at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((end, i) => bytes.subarray(edges[i], end));
}

/** What becomes of the chunks: the decoder, what was passed on, and what was left from ReadyForQuery on. */
function read(chunks: readonly Uint8Array[], maxRows: number) {
  const decoder = new CopyDecoder({ types: ROW_TYPES, maxRows });
  const messages = new CopyMessages(decoder);
  const passed: Uint8Array[] = [];
  const left: Uint8Array[] = [];
  for (const chunk of chunks) {
    const end = left.length > 0 ? 0 : messages.push(chunk, (bytes) => passed.push(bytes.slice()));
    if (end !== -1) left.push(chunk.subarray(end));
  }
  return { decoder, passed: Buffer.concat(passed), left: Buffer.concat(left) };
}

describe('reading the answer to a COPY', () => {
  const row = fc.tuple(
    fc.bigInt({ min: 0n, max: 4_000_000_000_000_000n }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  const other = fc
    .tuple(fc.constantFrom('N', 'S', 'A', 'H', 'c', 'C', 'E'), fc.uint8Array({ maxLength: 40 }))
    .map(([code, content]) => message(code, content));

  test('gives the rows, and everything else on, wherever messages and chunks are cut', () => {
    const cuts = fc.array(fc.nat(3000), { maxLength: 30 });
    const between = fc.array(fc.tuple(fc.nat(40), other), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), cuts, cuts, between, (rows, data, places, others) => {
        const bytes = copyBytes(rows);
        const messages: Buffer[] = cut(bytes, data).map((content) => message('d', content));
        for (const [at, one] of others) messages.splice(at % (messages.length + 1), 0, one);
        const expected = messages.filter(([code]) => code !== 0x64);
        const answer = read(cut(Buffer.concat([...messages, READY]), places), 40);
        expect(columnsIn(answer.decoder.finish())).toEqual(decodeCopy([bytes], 40));
        expect(answer.passed).toEqual(Buffer.concat(expected));
        expect(answer.left).toEqual(READY);
      }),
      { numRuns: 2000 },
    );
  });

  test('gives the rows of messages as PostgreSQL cuts them, byte by byte and at once', () => {
    const rows = Array.from({ length: 100 }, (_, i) => [BigInt(i), i / 7] as const);
    const bytes = copyBytes(rows);
    const first = bytes.length - 2 - 99 * 26;
    const ends = Array.from({ length: 100 }, (_, i) => first + i * 26);
    const sent = Buffer.concat([...cut(bytes, ends).map((content) => message('d', content)), READY]);
    const single = Array.from(sent, (byte) => Uint8Array.of(byte));
    for (const chunks of [[sent], single]) {
      const { decoder, passed, left } = read(chunks, 100);
      expect(columnsIn(decoder.finish())).toEqual(decodeCopy([bytes], 100));
      expect([passed.length, left]).toEqual([0, READY]);
    }
  });

  test('refuses a message that is shorter than its own length', () => {
    expect(() => read([Uint8Array.of(0x64, 0, 0, 0, 3)], 1)).toThrow(HyperdashError);
  });

  test('throws nothing but a coded error, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (chunks) => {
        try {
          read(chunks, 10);
        } catch (error) {
          expect(error).toBeInstanceOf(HyperdashError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
