import { gunzipSync } from 'node:zlib';
import { HyperdashError } from '../../errors.ts';
import { DECODED_MAX_BYTES } from '../limits.ts';

/**
 * Decompresses gzip; on this thread, so that no more than one body is ever unpacked at a time.
 * @throws HyperdashError BAD_REQUEST where it is damaged, PAYLOAD_TOO_LARGE where it would exceed {@link DECODED_MAX_BYTES}
 */
export function uncompressGzip(body: Uint8Array): Buffer {
  try {
    return gunzipSync(body, { maxOutputLength: DECODED_MAX_BYTES });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new HyperdashError('PAYLOAD_TOO_LARGE', `the body has over ${DECODED_MAX_BYTES} bytes unzipped`);
    }
    throw new HyperdashError('BAD_REQUEST', 'the body is not gzip', { cause });
  }
}
