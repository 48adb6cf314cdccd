import { Gate } from '../domain/gate.ts';

/** Rows from which on a read counts as large. */
const LARGE_ROWS = 20_000;
/** What is taken for the interval between stored samples, in milliseconds, before any has been read. */
const EXPECTED_INTERVAL_MS = 10_000;
const MAX_WAITING = 100;

/** What a read goes through. */
export interface ReadExtent {
  readonly rangeMs: number;
  /** Width of the tier's buckets; null for samples as stored. */
  readonly bucketMs: number | null;
  readonly seriesCount: number;
}

/** About how many rows a read goes through. */
export function rowsOf({ rangeMs, bucketMs, seriesCount }: ReadExtent): number {
  return (rangeMs / (bucketMs ?? EXPECTED_INTERVAL_MS)) * seriesCount;
}

/** Has large reads wait for each other, so that small ones always find a connection and a processor. */
export interface ReadTurns {
  /**
   * Runs a read at once where it is small, and when its turn comes where it is large.
   * @throws HyperdashError SERVICE_UNAVAILABLE where too many wait, CLIENT_CLOSED_REQUEST where the signal is aborted
   *   before its turn
   */
  run<Answer>(extent: ReadExtent, read: () => Promise<Answer>, signal?: AbortSignal): Promise<Answer>;
}

/**
 * Large reads take a quarter of the connections at once, half of what charts may take: small charts never wait for them.
 * @param connections of the engine's pool
 */
export function createReadTurns(connections: number): ReadTurns {
  const gate = new Gate({
    slots: Math.max(1, Math.floor(connections / 4)),
    maxWaiting: MAX_WAITING,
    refusal: 'Too many large ranges are being read; ask again shortly.',
  });
  return {
    async run(extent, read, signal) {
      if (rowsOf(extent) < LARGE_ROWS) return read();
      await gate.enter(signal);
      try {
        return await read();
      } finally {
        gate.leave();
      }
    },
  };
}
