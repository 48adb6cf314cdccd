/** One value that a reader took from the machine; the agent adds host and time. */
export interface Reading {
  readonly metric_name: string;
  /** In `unit`; the agent drops it where it is not finite. */
  readonly value: number;
  /** As `metrics` shows it; left out for a bare number. */
  readonly unit?: 'percent' | 'bytes' | 'bytes_per_second' | 'seconds';
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Takes one group of readings. A reader of rates keeps the counters of its last call:
 * its first call only primes them and gives nothing.
 */
export interface Reader {
  /** Names the reader in the log. */
  readonly subject: string;
  read(): Promise<readonly Reading[]>;
  /** Frees what the reader holds; it is not read again. */
  close?(): void;
}

/** Builds a reading; absent fields are left out rather than undefined. */
export function reading(
  metricName: string,
  value: number,
  unit?: Reading['unit'],
  labels?: Reading['labels'],
): Reading {
  return { metric_name: metricName, value, ...(unit && { unit }), ...(labels && { labels }) };
}
