-- The hypertable of samples as they were sent, one for each series and time.
-- The unique index is the only one: it answers every read (one series, a range, newest first) and makes retries safe.
CREATE TABLE samples (
  time timestamptz NOT NULL
    CONSTRAINT time_is_between_1970_and_9999
    CHECK (time >= '1970-01-01 00:00:00+00' AND time < '10000-01-01 00:00:00+00'),
  series_id int NOT NULL,
  value double precision NOT NULL
    CONSTRAINT value_is_finite
    CHECK (value > '-Infinity' AND value < 'Infinity')
);

-- The interval is the default of CHUNK_INTERVAL; the program alters it at start.
SELECT create_hypertable('samples', by_range('time', INTERVAL '7 days'), create_default_indexes => false);

CREATE UNIQUE INDEX samples_series_id_time_key ON samples (series_id, time DESC);
