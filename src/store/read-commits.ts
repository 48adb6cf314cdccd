import type { Committed } from '../domain/committed.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Engine } from '../engine/engine.ts';
import { type ArraysRow, decodeArrays } from './sample-encoding.ts';
import { SNAPSHOT, snapshotOf } from './snapshot-row.ts';
import { asking } from './store-error.ts';

/** What the log holds after a snapshot. */
export interface LoggedCommits {
  /** By transaction, ascending; a transaction of several statements gives one each. */
  readonly commits: readonly Committed[];
  /** Holds all of `commits`, and nothing else that is new unless `more`. */
  readonly snapshot: Snapshot;
  /** There are more, left for the next read. */
  readonly more: boolean;
  /** From this transaction on the log lacks none. */
  readonly completeFrom: number;
}

const SQL = `
  WITH unseen AS (
    SELECT xid, times, series_ids, sample_values, count(*) OVER () AS unseen,
      sum(sample_count) OVER (ORDER BY xid) - sum(sample_count) OVER (PARTITION BY xid) AS samples_before
    FROM commit_log
    WHERE xid >= pg_snapshot_xmin($1::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, $1::pg_snapshot)
      AND xid <> ALL ($2::text[]::xid8[]))
  SELECT ${SNAPSHOT}, complete_from::text AS "completeFrom", unseen.*
  FROM commit_log_state LEFT JOIN (
    SELECT xid::text, unseen, array_send(times) AS times, array_send(series_ids) AS "seriesIds",
      array_send(sample_values) AS values
    FROM unseen WHERE samples_before < $3 ORDER BY unseen.xid) AS unseen ON true`;

type Row = ArraysRow & {
  readonly snapshot: string;
  readonly completeFrom: string;
  readonly xid: string | null;
  readonly unseen: number;
};

/**
 * Reads the commits that a snapshot does not hold, by whatever way they came.
 * @param except transactions to leave out
 * @param maxSamples no further transaction is read once there are so many samples
 */
export function readCommits(
  engine: Engine,
  since: Snapshot,
  except: readonly number[],
  maxSamples: number,
): Promise<LoggedCommits> {
  return asking(async () => {
    const { rows } = await engine.pool.query<Row>({
      name: 'read-commits',
      text: SQL,
      values: [since.text, except.map(String), maxSamples],
    });
    const commits = rows.flatMap((row) =>
      row.xid === null ? [] : [{ xid: Number(row.xid), samples: decodeArrays(row) }],
    );
    return {
      commits,
      snapshot: snapshotOf(rows[0]!),
      more: commits.length > 0 && rows[0]!.unseen > commits.length,
      completeFrom: Number(rows[0]!.completeFrom),
    };
  });
}
