import type { SampleColumns } from '../domain/sample-columns.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Engine } from '../engine/engine.ts';
import { IS_SELECTED, type SeriesSelector, selectorParameters } from './matching-series.ts';
import { type ArraysRow, AS_ARRAYS, decodeArrays } from './sample-encoding.ts';
import { SNAPSHOT, snapshotOf } from './snapshot-row.ts';
import { asking } from './store-error.ts';

/** Samples of the series that match, and the snapshot that they were read in. */
export interface Replay {
  readonly samples: SampleColumns;
  readonly snapshot: Snapshot;
}

/** A {@link Replay} of the commit log. */
export interface LoggedReplay extends Replay {
  /** From this transaction on the log lacks none. */
  readonly completeFrom: number;
}

const NEWEST = `
  SELECT ${SNAPSHOT}, ${AS_ARRAYS} FROM (
    SELECT newest.time, id AS series_id, newest.value
    FROM series CROSS JOIN LATERAL (
      SELECT time, value FROM samples WHERE series_id = series.id ORDER BY time DESC LIMIT 1) AS newest
    WHERE ${IS_SELECTED}
    ORDER BY newest.time DESC, id LIMIT $5) AS newest`;

const SINCE = `
  SELECT ${SNAPSHOT}, ${AS_ARRAYS} FROM (
    SELECT * FROM (
      SELECT one.time, id AS series_id, one.value
      FROM series CROSS JOIN LATERAL (
        SELECT time, value FROM samples WHERE series_id = series.id AND time >= to_timestamp($6::float8 / 1000)
        ORDER BY time DESC LIMIT $5) AS one
      WHERE ${IS_SELECTED}
      ORDER BY one.time DESC, id DESC LIMIT $5) AS newest
    ORDER BY time, series_id) AS since`;

const LOGGED = `
  SELECT ${SNAPSHOT}, (SELECT complete_from::text FROM commit_log_state) AS "completeFrom", ${AS_ARRAYS} FROM (
    SELECT one.time, one.series_id, one.value
    FROM commit_log
      CROSS JOIN unnest(times, series_ids, sample_values) WITH ORDINALITY AS one (time, series_id, value, position)
    WHERE xid >= pg_snapshot_xmin($6::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, $6::pg_snapshot)
      AND one.series_id IN (SELECT id FROM series WHERE ${IS_SELECTED})
    ORDER BY xid, committed_at, position LIMIT $5) AS logged`;

/** The newest sample of each series, the newest of all first; of `maxRows` series at most. */
export function newestSamples(engine: Engine, selector: SeriesSelector, maxRows: number): Promise<Replay> {
  return replay(engine, NEWEST, [...selectorParameters(selector), maxRows]);
}

/** The samples from a time on, in order of time; the newest `maxRows` of them. */
export function samplesSince(
  engine: Engine,
  selector: SeriesSelector,
  sinceMs: number,
  maxRows: number,
): Promise<Replay> {
  return replay(engine, SINCE, [...selectorParameters(selector), maxRows, sinceMs]);
}

/** The samples in the commit log that a snapshot does not hold, by transaction; the first `maxRows` of them. */
export function samplesLogged(
  engine: Engine,
  selector: SeriesSelector,
  since: Snapshot,
  maxRows: number,
): Promise<LoggedReplay> {
  return replay(engine, LOGGED, [...selectorParameters(selector), maxRows, since.text]);
}

function replay(engine: Engine, sql: string, values: unknown[]): Promise<LoggedReplay> {
  return asking(async () => {
    const { rows } = await engine.pool.query<ArraysRow & { snapshot: string; completeFrom?: string }>(
      sql,
      values,
    );
    const row = rows[0]!;
    return {
      samples: decodeArrays(row),
      snapshot: snapshotOf(row),
      completeFrom: Number(row.completeFrom ?? 0),
    };
  });
}
