const FIRST_MS = 100;
const LONGEST_MS = 5_000;

/** How long to wait before Redis is tried again, in milliseconds, after so many tries that failed: 0.1 s, 0.2 s … 5 s. */
export function reconnectDelayMs(retries: number): number {
  return Math.min(FIRST_MS * 2 ** retries, LONGEST_MS);
}
