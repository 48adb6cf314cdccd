-- The rollups, each made from the next finer one; real-time, so that the newest minute shows in all of them.
-- sum and count rather than an average, so that coarser averages stay exact; a sum saturates, as an overflow would fail every refresh.
CREATE MATERIALIZED VIEW samples_1min
  WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT series_id,
       time_bucket(INTERVAL '1 minute', time) AS bucket,
       sum(least(greatest(value, -1e300), 1e300)) AS sum,
       count(*) AS count,
       min(value) AS min,
       max(value) AS max,
       last(value, time) AS last
  FROM samples
 GROUP BY series_id, time_bucket(INTERVAL '1 minute', time)
WITH NO DATA;

CREATE MATERIALIZED VIEW samples_1hour
  WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT series_id,
       time_bucket(INTERVAL '1 hour', bucket) AS bucket,
       sum(sum) AS sum,
       sum(count)::bigint AS count,
       min(min) AS min,
       max(max) AS max,
       last(last, bucket) AS last
  FROM samples_1min
 GROUP BY series_id, time_bucket(INTERVAL '1 hour', bucket)
WITH NO DATA;

CREATE MATERIALIZED VIEW samples_daily
  WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT series_id,
       time_bucket(INTERVAL '1 day', bucket) AS bucket,
       sum(sum) AS sum,
       sum(count)::bigint AS count,
       min(min) AS min,
       max(max) AS max,
       last(last, bucket) AS last
  FROM samples_1hour
 GROUP BY series_id, time_bucket(INTERVAL '1 day', bucket)
WITH NO DATA;
