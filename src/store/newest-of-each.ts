/** At least so many series, spread over all, are looked up one by one first. */
const SCOUTS = 32;

/** More samples a series than this are not gone through to find the newest. */
const SAMPLES_PER_SERIES = 8;

/**
 * A query for the newest sample of each series: a look-up by the index in every chunk, back to the one that holds it.
 * @param series what gives their `id`
 */
export const newestOfEach = (series: string) => `
  SELECT id, newest.time, newest.value
    FROM ${series} CROSS JOIN LATERAL (
           SELECT time, value FROM samples WHERE series_id = id ORDER BY time DESC LIMIT 1) AS newest`;

/**
 * CTEs `matched` (one row: the `ids` of the series, ascending, their `total`, and the `allowance` of samples to go
 * through) and `known`, the newest samples of the scouts among them.
 * @param isSelected the condition that a row of `series` matches
 */
export const withScouts = (isSelected: string) => `
  WITH matched AS MATERIALIZED (
    SELECT ids, cardinality(ids) AS total, cardinality(ids) * ${SAMPLES_PER_SERIES} AS allowance
      FROM (SELECT ARRAY(SELECT id FROM series WHERE ${isSelected} ORDER BY id) AS ids OFFSET 0) AS ordered
  ), scouts AS MATERIALIZED (
    SELECT ids[nth] AS id FROM matched, generate_series(1, total, total / ${SCOUTS} + 1) AS nth
  ), known AS MATERIALIZED (${newestOfEach('scouts')}
  )`;

/**
 * CTEs `recent`, the samples of the matched series within ranges of time, and `search`, whether these are all of them:
 * they are not where that would be more than the allowance. A pass over the index for each range, in a fraction of what
 * a look-up for each series costs; OFFSET 0 keeps its bounds within the scan, or every chunk is read. (SkipScan over compressed
 * chunks drops rows before TimescaleDB 2.29.2, #10423.)
 * @param ranges what gives each range's `since`, inclusive, and `until`, exclusive; they do not overlap
 */
export const withRecent = (ranges: string) => `
  recent AS MATERIALIZED (
    SELECT id, time, value
      FROM ${ranges} CROSS JOIN LATERAL (
             SELECT series_id AS id, time, value FROM samples
              WHERE series_id = ANY ((SELECT ids FROM matched)::int[]) AND time >= since AND time < until OFFSET 0) AS within
     LIMIT (SELECT allowance + 1 FROM matched)
  ), search AS MATERIALIZED (
    SELECT count(*) <= (SELECT allowance FROM matched) AS complete FROM recent
  )`;
