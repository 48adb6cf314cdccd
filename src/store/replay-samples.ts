import type { SampleColumns } from '../domain/sample-columns.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Engine } from '../engine/engine.ts';
import { IS_SELECTED, type SeriesSelector, selectorParameters } from './matching-series.ts';
import { type ArraysRow, AS_ARRAYS, decodeArrays } from './sample-encoding.ts';
import { asking } from './store-error.ts';

/** The commits that are to be shown: those that a snapshot holds, with some exceptions. The log has to cover the rest. */
export interface Past {
  readonly snapshot: Snapshot;
  /** Transactions that belong to it though the snapshot does not hold them. */
  readonly and: readonly number[];
  /** Transactions that do not belong to it though the snapshot may hold them. */
  readonly without: readonly number[];
}

/** Which series, of which past, and how many samples at most. */
export interface ReplayQuestion {
  readonly selector: SeriesSelector;
  readonly past: Past;
  readonly maxSamples: number;
}

/** Samples from the commit log. */
export interface LoggedReplay {
  readonly samples: SampleColumns;
  /** From this transaction on the log lacks none. */
  readonly completeFrom: number;
  /** No transaction from this one on had ended when it was read. */
  readonly endsBefore: number;
}

/** That a commit of the log does not belong to the {@link Past}. */
const IS_LATER = `
  (xid >= pg_snapshot_xmin($6::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, $6::pg_snapshot)
    AND xid <> ALL ($7::text[]::xid8[])) OR xid = ANY ($8::text[]::xid8[])`;

/** Leaves samples of later commits out of a subquery `found`. */
const OF_THE_PAST = `
  WHERE NOT EXISTS (
    SELECT FROM (
      SELECT unnest(series_ids) AS series_id, unnest(times) AS time FROM commit_log WHERE ${IS_LATER}) AS later
    WHERE later.series_id = found.series_id AND later.time = found.time)`;

const NEWEST = `
  SELECT ${AS_ARRAYS} FROM (
    SELECT newest.time, id AS series_id, newest.value
    FROM series CROSS JOIN LATERAL (
      SELECT time, value FROM samples WHERE series_id = series.id ORDER BY time DESC LIMIT 1) AS newest
    WHERE ${IS_SELECTED}
    ORDER BY newest.time DESC, id LIMIT $5) AS found ${OF_THE_PAST}`;

const SINCE = `
  SELECT ${AS_ARRAYS} FROM (
    SELECT * FROM (
      SELECT one.time, id AS series_id, one.value
      FROM series CROSS JOIN LATERAL (
        SELECT time, value FROM samples WHERE series_id = series.id AND time >= to_timestamp($9::float8 / 1000)
        ORDER BY time DESC LIMIT $5) AS one
      WHERE ${IS_SELECTED}
      ORDER BY one.time DESC, id DESC LIMIT $5) AS found ${OF_THE_PAST}
    ORDER BY time, series_id) AS since`;

const LOGGED = `
  SELECT ${AS_ARRAYS}, pg_snapshot_xmax(pg_current_snapshot())::text AS "endsBefore",
    (SELECT complete_from::text FROM commit_log_state) AS "completeFrom"
  FROM (
    SELECT one.time, one.series_id, one.value
    FROM commit_log
      CROSS JOIN unnest(times, series_ids, sample_values) WITH ORDINALITY AS one (time, series_id, value, position)
    WHERE xid >= pg_snapshot_xmin($9::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, $9::pg_snapshot)
      AND NOT (${IS_LATER})
      AND one.series_id IN (SELECT id FROM series WHERE ${IS_SELECTED})
    ORDER BY xid, committed_at, position LIMIT $5) AS logged`;

/** The newest sample of each series, the newest of all first; none of a series whose newest sample is a later commit's. */
export async function newestSamples(engine: Engine, question: ReplayQuestion): Promise<SampleColumns> {
  return decodeArrays(await ask(engine, NEWEST, question));
}

/** The samples from a time on, in order of time; the newest ones where there are too many. */
export async function samplesSince(
  engine: Engine,
  question: ReplayQuestion,
  sinceMs: number,
): Promise<SampleColumns> {
  return decodeArrays(await ask(engine, SINCE, question, sinceMs));
}

/** The samples in the commit log that a snapshot does not hold, by transaction; the first ones where there are too many. */
export async function samplesLogged(
  engine: Engine,
  question: ReplayQuestion,
  since: Snapshot,
): Promise<LoggedReplay> {
  const row = await ask(engine, LOGGED, question, since.text);
  return {
    samples: decodeArrays(row),
    completeFrom: Number(row.completeFrom),
    endsBefore: Number(row.endsBefore),
  };
}

type Row = ArraysRow & { readonly completeFrom?: string; readonly endsBefore?: string };

function ask(
  engine: Engine,
  sql: string,
  { selector, past, maxSamples }: ReplayQuestion,
  ...more: unknown[]
): Promise<Row> {
  const { snapshot, and, without } = past;
  const parameters = [maxSamples, snapshot.text, and.map(String), without.map(String)];
  return asking(async () => {
    const { rows } = await engine.pool.query<Row>(sql, [
      ...selectorParameters(selector),
      ...parameters,
      ...more,
    ]);
    return rows[0]!;
  });
}
