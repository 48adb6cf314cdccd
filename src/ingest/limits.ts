/** Samples that one request of any protocol may hold. */
export const REQUEST_MAX_SAMPLES = 200_000;

/** Bytes that the body of a request may have once it is decompressed. */
export const DECODED_MAX_BYTES = 32 * 1024 * 1024;

/** Samples further ahead of this machine's clock are rejected: they would hide newer ones from `latest`. */
export const FUTURE_MAX_MS = 86_400_000;

/** The host of a series whose sender names none. */
export const UNKNOWN_HOST = 'unknown';

/** Characters or bytes of the text that names a series, past which it is refused unread; above what the bounds of names allow. */
export const SERIES_NAME_MAX_LENGTH = 256 * 1024;
