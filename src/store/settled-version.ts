import type { Pool } from 'pg';
import type { Resolution } from '../contract/resolution.ts';
import { BUCKET_MS } from '../domain/tier.ts';
import type { TimeRange } from '../domain/time-range.ts';
import { asking } from './store-error.ts';

/** A pool, or one connection. */
export type Database = Pick<Pool, 'query'>;

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
 * Changes become visible one after another on the primary and on each replica alike, so that of two sets of them one
 * holds the other, and their number tells them apart until some are deleted.
 */
const sqlFor = (resolution: Resolution) => `
  SELECT prunes || '.' || changes.count AS version
    FROM settled_past, (
      SELECT count(*), coalesce(bool_and(refreshed), true) AS refreshed FROM (
        SELECT refreshed FROM past_changes WHERE times && tstzrange($1, $2) LIMIT ${MAX_CHANGES + 1}) AS touching
    ) AS changes
   WHERE $2 <= "${resolution}" AND changes.refreshed AND changes.count <= ${MAX_CHANGES}
     AND ($3::float8 IS NULL OR $1 > now() - $3 * INTERVAL '1 ms')
     AND NOT EXISTS (SELECT FROM history_loads WHERE since < $2 AND until >= $1)`;

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
      text: sqlFor(resolution),
      values: [new Date(range.fromMs), new Date(toMs), Number.isFinite(retentionMs) ? retentionMs : null],
    });
    return rows[0]?.version;
  });
}
