-- What SQL clients read and write: samples and rollups with their names, and INSERT INTO metrics.
-- The limit of age keeps a late sample from rebuilding rollups out of raw rows that retention has taken.
CREATE VIEW metrics AS
SELECT time, host, metric_name, labels, value
  FROM samples JOIN series ON series.id = series_id;

CREATE VIEW metrics_1min AS
SELECT bucket AS time, host, metric_name, labels, sum / count AS value, sum, count, min, max, last
  FROM samples_1min JOIN series ON series.id = series_id;

CREATE VIEW metrics_1hour AS
SELECT bucket AS time, host, metric_name, labels, sum / count AS value, sum, count, min, max, last
  FROM samples_1hour JOIN series ON series.id = series_id;

CREATE VIEW metrics_daily AS
SELECT bucket AS time, host, metric_name, labels, sum / count AS value, sum, count, min, max, last
  FROM samples_daily JOIN series ON series.id = series_id;

-- One row; the program sets it at start. Before raw_complete_since, raw samples may have been dropped under a
-- shorter RETAIN_RAW than today's.
CREATE TABLE retention (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  raw interval NOT NULL,
  raw_complete_since timestamptz NOT NULL
);
INSERT INTO retention (raw, raw_complete_since) VALUES (INTERVAL '30 days', 'epoch');

-- A row for each load of history that has begun and not ended; retention waits while there is one.
CREATE TABLE history_loads (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  since timestamptz NOT NULL,
  until timestamptz NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION series_id_of(metric text, of_host text, of_labels jsonb) RETURNS int
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN (SELECT id FROM series
           WHERE metric_name = metric AND host = of_host
             AND md5(labels::text) = md5(of_labels::text) AND labels = of_labels);

-- A duplicate is ignored and not counted. Late rows may touch many compressed batches: no limit on those.
CREATE FUNCTION insert_into_metrics() RETURNS trigger
  LANGUAGE plpgsql
  SET timescaledb.max_tuples_decompressed_per_dml_transaction = 0
AS $$
DECLARE
  id int;
  oldest timestamptz;
BEGIN
  NEW.time := coalesce(NEW.time, now());
  NEW.labels := coalesce(NEW.labels, '{}');
  IF jsonb_typeof(NEW.labels) = 'object' AND NEW.labels <> '{}' THEN
    SELECT coalesce(jsonb_object_agg(key, value) FILTER (WHERE value <> '""'), '{}')
      INTO NEW.labels FROM jsonb_each(NEW.labels);
  END IF;
  SELECT greatest(now() - raw, raw_complete_since) INTO oldest FROM retention;
  IF NEW.time < oldest THEN
    RAISE EXCEPTION 'time: % is older than %, the oldest that raw samples are kept from (RETAIN_RAW)',
      NEW.time, oldest
      USING ERRCODE = 'invalid_parameter_value', HINT = 'History is brought in by hyperdash import.';
  END IF;
  id := series_id_of(NEW.metric_name, NEW.host, NEW.labels);
  IF id IS NULL THEN
    INSERT INTO series (metric_name, host, labels) VALUES (NEW.metric_name, NEW.host, NEW.labels)
      ON CONFLICT DO NOTHING;
    id := series_id_of(NEW.metric_name, NEW.host, NEW.labels);
  END IF;
  INSERT INTO samples (time, series_id, value) VALUES (NEW.time, id, NEW.value) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER insert_into_metrics INSTEAD OF INSERT ON metrics
  FOR EACH ROW EXECUTE FUNCTION insert_into_metrics();
