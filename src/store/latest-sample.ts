import type { QueryConfig } from 'pg';
import type { LatestAnswer } from '../contract/latest.ts';
import type { Engine } from '../engine/engine.ts';
import { IS_SELECTED, type SeriesSelector, selectorParameters } from './matching-series.ts';
import { newestOfEach, withRecent, withScouts } from './newest-of-each.ts';
import { asking } from './store-error.ts';

const answerFrom = (candidates: string) => `
  SELECT metric_name, host, labels, time, value
    FROM (SELECT * FROM ${candidates} ORDER BY time DESC, id LIMIT 1) AS newest JOIN series USING (id)`;

/** A host has few series of a metric; planning more than this would cost more than the look-ups. */
const OF_A_HOST = answerFrom(
  `(${newestOfEach(`(SELECT id FROM series WHERE ${IS_SELECTED}) AS matched`)}) AS each`,
);

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

/**
 * The newest sample of the scouts is a floor: what is sought is at least as new. Where the scouts happen to be far behind
 * the rest, each series is looked up.
 */
const ofAllHosts = (isSelected: string) => `
  ${withScouts(isSelected)}, floor AS MATERIALIZED (
    SELECT max(time) AS time FROM known
  ), ranges AS MATERIALIZED (${RANGES}
  ), ${withRecent('ranges')}, candidates AS (
    SELECT id, time, value FROM recent WHERE (SELECT complete FROM search)
    UNION ALL
    SELECT id, time, value
      FROM (${newestOfEach('(SELECT unnest(ids) AS id FROM matched) AS all_series')}) AS each
     WHERE NOT (SELECT complete FROM search)
  )
  ${answerFrom('candidates')}`;

const OF_ALL_HOSTS = ofAllHosts(IS_SELECTED);
/** Without matchers the ids come from an index alone. */
const OF_A_METRIC = ofAllHosts('metric_name = $1');

/** The newest sample of all series that are selected, the first of them where several have it; undefined without any. */
export function latestSample(engine: Engine, selector: SeriesSelector): Promise<LatestAnswer | undefined> {
  return asking(async () => {
    const { rows } = await engine.pool.query<LatestAnswer>(statementFor(selector));
    return rows[0];
  });
}

function statementFor(selector: SeriesSelector): QueryConfig {
  const { metricName, host, matchers } = selector;
  const values = selectorParameters(selector);
  if (host !== undefined) return { name: 'latest-sample-of-a-host', text: OF_A_HOST, values };
  if (matchers.length > 0) return { name: 'latest-sample', text: OF_ALL_HOSTS, values };
  return { name: 'latest-sample-of-a-metric', text: OF_A_METRIC, values: [metricName] };
}
