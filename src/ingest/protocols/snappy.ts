import { uncompressSync } from 'snappy';
import { HyperdashError } from '../../errors.ts';
import { DECODED_MAX_BYTES } from '../limits.ts';

/** No element of the format gives more bytes than this for each of its own. */
const MAX_RATIO = 64;

/**
 * Decompresses snappy's block format.
 * @throws HyperdashError BAD_REQUEST where it is damaged, PAYLOAD_TOO_LARGE where it would exceed {@link DECODED_MAX_BYTES}
 */
export function uncompressSnappy(body: Uint8Array): Buffer {
  const claimedBytes = claimedLength(body);
  if (claimedBytes > DECODED_MAX_BYTES) {
    throw new HyperdashError(
      'PAYLOAD_TOO_LARGE',
      `the body has over ${DECODED_MAX_BYTES} bytes uncompressed`,
    );
  }
  try {
    // A short body that claims to be a long one is damaged: no room is made for it.
    if (claimedBytes > body.length * MAX_RATIO) throw new Error('it claims more than it can hold');
    return uncompressSync(body as Buffer, { asBuffer: true }) as Buffer;
  } catch (cause) {
    throw new HyperdashError('BAD_REQUEST', 'the body is not in the block format of snappy', { cause });
  }
}

/** The length that the first bytes, a varint, claim. */
function claimedLength(body: Uint8Array): number {
  let length = 0;
  for (let at = 0; at < 5 && at < body.length; at++) {
    const byte = body[at]!;
    length += (byte & 127) * 2 ** (7 * at);
    if (byte < 128) break;
  }
  return length;
}
