import type { Resolution } from '../contract/resolution.ts';
import { BUCKET_MS } from '../domain/tier.ts';
import type { TimeRange } from '../domain/time-range.ts';
import type { Database } from './database.ts';
import { asking } from './store-error.ts';

/** With more changes than this in a range, what is known of it is not worth the look-up. */
const MAX_CHANGES = 1000;

/** A part of the past, as one tier shows it. */
export interface PastQuestion {
  readonly resolution: Resolution;
  readonly range: TimeRange;
  /** How long the tier keeps it, in milliseconds. */
  readonly retentionMs: number;
}

/**
 * A query for the version of a range, as {@link settledVersion}; no row where that is undefined. Changes become visible
 * one after another on the primary and on each replica alike, so that of two sets of them one holds the other, and their
 * number tells them apart until some are deleted.
 * @param since an expression for the range's start, inclusive; so `until`, exclusive, a whole bucket's end
 * @param retentionMs an expression too, null where the tier is kept forever
 */
export const versionOf = (resolution: Resolution, since: string, until: string, retentionMs: string) => `
  SELECT prunes || '.' || changes.count AS version
    FROM settled_past, (
      SELECT count(*), coalesce(bool_and(refreshed), true) AS refreshed FROM (
        SELECT refreshed FROM past_changes WHERE times && tstzrange(${since}, ${until}) LIMIT ${MAX_CHANGES + 1}) AS touching
    ) AS changes
   WHERE ${until} <= "${resolution}" AND changes.refreshed AND changes.count <= ${MAX_CHANGES}
     AND (${retentionMs}::float8 IS NULL OR ${since} > now() - ${retentionMs} * INTERVAL '1 ms')
     AND NOT EXISTS (SELECT FROM history_loads WHERE history_loads.since < ${until} AND history_loads.until >= ${since})`;

/**
 * The version of everything that a tier shows of a range: while it stays the same nothing of that changes. What is read
 * on the same connection afterwards is of this version or a later one.
 * @returns undefined where the range is not settled: its end is too new, a change of it is not in the rollups yet, or
 *   its start may be dropped any moment
 */
export function settledVersion(
  database: Database,
  { resolution, range, retentionMs }: PastQuestion,
): Promise<string | undefined> {
  return asking(async () => {
    const bucketMs = BUCKET_MS[resolution] ?? 1;
    // The last bucket of the range holds samples of after its end.
    const toMs = Math.ceil(range.toMs / bucketMs) * bucketMs;
    const { rows } = await database.query<{ version: string }>({
      name: `settled-version-${resolution}`,
      text: versionOf(resolution, '$1', '$2', '$3'),
      values: [new Date(range.fromMs), new Date(toMs), orForever(retentionMs)],
    });
    return rows[0]?.version;
  });
}

/** Null, as {@link versionOf} has it, where the tier is kept forever. */
export function orForever(retentionMs: number): number | null {
  return Number.isFinite(retentionMs) ? retentionMs : null;
}
