import { parseSnapshot, type Snapshot } from '../domain/snapshot.ts';

/** The snapshot of the statement it stands in, as {@link snapshotOf} reads it. */
export const SNAPSHOT = 'pg_current_snapshot()::text AS snapshot';

/** Reads the column that {@link SNAPSHOT} gives. */
export function snapshotOf({ snapshot }: { readonly snapshot: string }): Snapshot {
  const parsed = parseSnapshot(snapshot);
  if (parsed === undefined) throw new Error(`not a snapshot: ${snapshot}`);
  return parsed;
}
