import { CopyDecoder } from '../../src/domain/copy-binary.ts';
import { decodeCopy, ROW_TYPES, steadyCopyBytes } from '../../test/support/copy-bytes.ts';
import { measure, type Section } from '../support/section.ts';

const SOCKET_CHUNK_BYTES = 65_536;

/** Rows of binary COPY, in chunks as a socket gives them, into columns. */
export function decoding(rows: number): Promise<Section> {
  const bytes = steadyCopyBytes(rows);
  const chunks: Uint8Array[] = [];
  for (let i = 0; i < bytes.length; i += SOCKET_CHUNK_BYTES) {
    chunks.push(bytes.subarray(i, i + SOCKET_CHUNK_BYTES));
  }
  return measure(`Decoding ${rows.toLocaleString('en')} rows of binary COPY`, {
    'copy of the bytes': () => bytes.slice(),
    'into segments': () => {
      const decoder = new CopyDecoder({ types: ROW_TYPES, maxRows: rows });
      for (const chunk of chunks) decoder.push(chunk);
      return decoder.finish();
    },
    'into joined columns': () => decodeCopy(chunks, rows),
  });
}
