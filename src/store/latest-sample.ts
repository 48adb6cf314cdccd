import type { LatestAnswer } from '../contract/latest.ts';
import type { Engine } from '../engine/engine.ts';
import { IS_SELECTED, type SeriesSelector, selectorParameters } from './matching-series.ts';
import { asking } from './store-error.ts';

/** At least so many series, spread over all, are looked up one by one first. */
const SCOUTS = 32;

/** More samples a series than this are not gone through to find the newest. */
const SAMPLES_PER_SERIES = 8;

/** The newest sample of each series: a look-up by the index in every chunk, back to the one that holds it. */
const newestOfEach = (series: string) => `
  SELECT id, newest.time, newest.value
    FROM ${series} CROSS JOIN LATERAL (
           SELECT time, value FROM samples WHERE series_id = id ORDER BY time DESC LIMIT 1) AS newest`;

const answerFrom = (candidates: string) => `
  SELECT metric_name, host, labels, time, value
    FROM (SELECT * FROM ${candidates} ORDER BY time DESC, id LIMIT 1) AS newest JOIN series USING (id)`;

/** A host has few series of a metric; planning more than this would cost more than the look-ups. */
const OF_A_HOST = answerFrom(
  `(${newestOfEach(`(SELECT id FROM series WHERE ${IS_SELECTED}) AS matched`)}) AS each`,
);

/**
 * The newest sample of the scouts is a floor: one pass over the index gathers what all series have from there on, in
 * a fraction of what a look-up for each costs. Where the scouts happen to be far behind the rest that would be too
 * many samples, and each series is looked up. (SkipScan over compressed chunks drops rows before TimescaleDB 2.29.2,
 * #10423.)
 */
const OF_ALL_HOSTS = `
  WITH matched AS MATERIALIZED (
    SELECT array_agg(id) AS ids, count(*) AS total, count(*) * ${SAMPLES_PER_SERIES} AS allowance
      FROM series WHERE ${IS_SELECTED}
  ), scouts AS MATERIALIZED (
    SELECT ids[nth] AS id FROM matched, generate_series(1, total, total / ${SCOUTS} + 1) AS nth
  ), recent AS MATERIALIZED (
    SELECT series_id AS id, time, value FROM samples
     WHERE series_id = ANY ((SELECT ids FROM matched)::int[])
       AND time >= (SELECT max(time) FROM (${newestOfEach('scouts')}) AS known)
     LIMIT (SELECT allowance + 1 FROM matched)
  ), search AS MATERIALIZED (
    SELECT count(*) BETWEEN 1 AND (SELECT allowance FROM matched) AS complete FROM recent
  ), candidates AS (
    SELECT id, time, value FROM recent WHERE (SELECT complete FROM search)
    UNION ALL
    SELECT id, time, value
      FROM (${newestOfEach('(SELECT unnest(ids) AS id FROM matched) AS all_series')}) AS each
     WHERE NOT (SELECT complete FROM search)
  )
  ${answerFrom('candidates')}`;

/** The newest sample of all series that are selected, the first of them where several have it; undefined without any. */
export function latestSample(engine: Engine, selector: SeriesSelector): Promise<LatestAnswer | undefined> {
  return asking(async () => {
    const { rows } = await engine.pool.query<LatestAnswer>({
      ...(selector.host === undefined
        ? { name: 'latest-sample', text: OF_ALL_HOSTS }
        : { name: 'latest-sample-of-a-host', text: OF_A_HOST }),
      values: selectorParameters(selector),
    });
    return rows[0];
  });
}
