import type { QueryConfig } from 'pg';
import type { LatestAnswer } from '../contract/latest.ts';
import type { Engine } from '../engine/engine.ts';
import { IS_SELECTED, type SeriesSelector, selectorParameters } from './matching-series.ts';
import { newestOfEach, withRecent, withScouts } from './newest-of-each.ts';
import { orForever, versionOf } from './settled-version.ts';
import { asking } from './store-error.ts';

/** What is known of the newest sample. */
export interface LatestSample {
  /** Undefined where there is none. */
  readonly newest: LatestAnswer | undefined;
  /** What this has found out about the settled past, where that spares the next search something. */
  readonly past: NewestPast | undefined;
}

/** The newest sample before a settled time, and the version of what that rests on: the database's own, and JSON. */
export type NewestPast = Readonly<Record<'id' | 'time' | 'value' | 'until' | 'version', unknown>>;

/** What {@link latestSample} may make use of. */
export interface KnownPast {
  /** Found with the same selector before; it counts only while it is still true. */
  readonly past: NewestPast | undefined;
  /** How long raw samples are kept, in milliseconds; Infinity is forever. */
  readonly retentionMs: number;
}

const newestOf = (candidates: string) => `
  (SELECT * FROM ${candidates} ORDER BY time DESC, id LIMIT 1) AS newest JOIN series USING (id)`;

/** A host has few series of a metric; planning more than this would cost more than the look-ups. */
const OF_A_HOST = `
  SELECT metric_name, host, labels, time, value, NULL AS past
    FROM ${newestOf(`(${newestOfEach(`(SELECT id FROM series WHERE ${IS_SELECTED}) AS matched`)}) AS each`)}`;

/**
 * The ranges of time that chunks cover, from the floor on: its own chunk's, and of the newer ones those that have a
 * sample of any series whose id lies between those of the matched. Series that fell silent together mostly have none.
 */
const RANGES = `
  SELECT greatest(since, floor.time) AS since, until
    FROM floor, matched, (
           SELECT to_timestamp(range_start / 1e6) AS since, to_timestamp(range_end / 1e6) AS until
             FROM _timescaledb_catalog.dimension_slice
             JOIN _timescaledb_catalog.dimension ON dimension.id = dimension_id
             JOIN _timescaledb_catalog.hypertable ON hypertable.id = hypertable_id
            WHERE schema_name = current_schema() AND table_name = 'samples') AS chunk
   WHERE until > floor.time
     AND (since <= floor.time OR any_sample_between(since, until, ids[1], ids[total]))`;

/** What is true of the samples of these very series as long as none of the range changes. */
const versionOfTheirs = (since: string, until: string, retentionMs: string) => `
  SELECT version || ' ' || hash_array_extended(ids, 0) AS version
    FROM matched, (${versionOf('raw', since, until, retentionMs)}) AS changes`;

/** Where chunks newer than the floor's had to be gone through, the next search is to begin behind the settled past. */
const settled = (retentionMs: string) => `
  SELECT past.*, theirs.version
    FROM (SELECT candidates.*, raw AS until FROM settled_past, candidates
           WHERE (SELECT count(*) > 1 FROM ranges) AND (SELECT complete FROM search)
             AND (SELECT time FROM floor) < raw AND time < raw
           ORDER BY time DESC, id LIMIT 1) AS past
   CROSS JOIN LATERAL (${versionOfTheirs('past.time', 'past.until', retentionMs)}) AS theirs`;

/**
 * The newest sample of the scouts is a floor: what is sought is at least as new. So is the end of a past of which the
 * newest is known. Where the scouts happen to be far behind the rest, each series is looked up.
 */
const ofAllHosts = (isSelected: string, retentionMs: string, past: string) => `
  ${withScouts(isSelected)}, kept AS MATERIALIZED (
    SELECT id, time, value, until
      FROM json_to_record(${past}) AS past (id int, time timestamptz, value float8, until timestamptz, version text)
     WHERE ${past}::json IS NOT NULL AND version = (${versionOfTheirs('past.time', 'past.until', retentionMs)})
  ), floor AS MATERIALIZED (
    SELECT greatest(max(time), (SELECT until FROM kept)) AS time FROM known
  ), ranges AS MATERIALIZED (${RANGES}
  ), ${withRecent('ranges')}, candidates AS NOT MATERIALIZED (
    SELECT id, time, value FROM kept
    UNION ALL
    SELECT id, time, value FROM recent WHERE (SELECT complete FROM search)
    UNION ALL
    SELECT id, time, value
      FROM (${newestOfEach('(SELECT unnest(ids) AS id FROM matched) AS all_series')}) AS each
     WHERE NOT (SELECT complete FROM search) OR (SELECT time FROM floor) IS NULL
  ), settled AS (${settled(retentionMs)}
  )
  SELECT metric_name, host, labels, time, value, (SELECT row_to_json(settled) FROM settled) AS past
    FROM ${newestOf('candidates')}`;

const OF_ALL_HOSTS = ofAllHosts(IS_SELECTED, '$5', '$6');
/** Without matchers the ids come from an index alone. */
const OF_A_METRIC = ofAllHosts('metric_name = $1', '$2', '$3');

/** The newest sample of all series that are selected, the first of them where several have it. */
export function latestSample(
  engine: Engine,
  selector: SeriesSelector,
  known: KnownPast,
): Promise<LatestSample> {
  return asking(async () => {
    const { rows } = await engine.pool.query<LatestAnswer & { past: NewestPast | null }>(
      statementFor(selector, known),
    );
    if (rows[0] === undefined) return { newest: undefined, past: undefined };
    const { past, ...newest } = rows[0];
    return { newest, past: past ?? undefined };
  });
}

function statementFor(selector: SeriesSelector, { past, retentionMs }: KnownPast): QueryConfig {
  const { metricName, host, matchers } = selector;
  const selected = selectorParameters(selector);
  if (host !== undefined) return { name: 'latest-sample-of-a-host', text: OF_A_HOST, values: selected };
  const known = [orForever(retentionMs), past ?? null];
  if (matchers.length > 0) {
    return { name: 'latest-sample', text: OF_ALL_HOSTS, values: [...selected, ...known] };
  }
  return { name: 'latest-sample-of-a-metric', text: OF_A_METRIC, values: [metricName, ...known] };
}
