-- The catalogue: one row for each metric, host and label set; samples carry its id, 4 bytes, instead of the names.
-- Lengths are those of src/contract/names.ts; uniqueness goes by the labels' digest, as an index row holds 2.7 kB at most.
CREATE EXTENSION IF NOT EXISTS timescaledb;

CREATE FUNCTION is_printable(text text, max_length int) RETURNS boolean
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN char_length(text) <= max_length AND text !~ '[\u0001-\u001f\u007f-\u009f]';

CREATE FUNCTION are_labels(labels jsonb) RETURNS boolean
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN CASE WHEN jsonb_typeof(labels) = 'object' THEN (
    SELECT count(*) <= 64 AND coalesce(bool_and(
        key <> '' AND is_printable(key, 200)
        AND jsonb_typeof(value) = 'string' AND value <> '""' AND is_printable(value #>> '{}', 1000)), true)
      FROM jsonb_each(labels)
  ) ELSE false END;

-- A constraint's name is what a SQL client is told, so each says what has to hold.
CREATE TABLE series (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  metric_name text NOT NULL
    CONSTRAINT metric_name_has_1_to_200_printable_characters
    CHECK (metric_name <> '' AND is_printable(metric_name, 200)),
  host text NOT NULL
    CONSTRAINT host_has_1_to_200_printable_characters
    CHECK (host <> '' AND is_printable(host, 200)),
  labels jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT labels_are_at_most_64_printable_strings_by_name
    CHECK (are_labels(labels)),
  unit text,
  kind text,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX series_metric_name_host_labels_key ON series (metric_name, host, md5(labels::text));
CREATE INDEX series_host_idx ON series (host);
