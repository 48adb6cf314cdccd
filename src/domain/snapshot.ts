/** Which transactions a statement of PostgreSQL could see: a `pg_snapshot`, read. */
export interface Snapshot {
  /** As PostgreSQL writes it: `xmin:xmax:xip,xip`. */
  readonly text: string;
  /** Every transaction before this one had ended. */
  readonly xmin: number;
  /** No transaction from this one on had ended. */
  readonly xmax: number;
  /** Those between that were still running. */
  readonly running: ReadonlySet<number>;
}

/** What {@link parseSnapshot} takes. */
export const SNAPSHOT_PATTERN = /^(\d{1,15}):(\d{1,15}):((?:\d{1,15}(?:,\d{1,15})*)?)$/;

/** Reads the text of a `pg_snapshot`; undefined where it is none. Ids stay exact up to 2^53. */
export function parseSnapshot(text: string): Snapshot | undefined {
  const match = SNAPSHOT_PATTERN.exec(text);
  if (match === null) return undefined;
  const running = match[3] ? match[3].split(',').map(Number) : [];
  return { text, xmin: Number(match[1]), xmax: Number(match[2]), running: new Set(running) };
}

/** Whether the snapshot holds what the transaction did, given that it committed. */
export function holds({ xmin, xmax, running }: Snapshot, xid: number): boolean {
  return xid < xmin || (xid < xmax && !running.has(xid));
}
