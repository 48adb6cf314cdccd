-- What was inserted, commit by commit, so that live streams lose nothing of what another node or any SQL client writes
-- and can resume after a restart. It is kept only while somebody listens (wanted_until) and for minutes, then pruned.
CREATE TABLE commit_log (
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sample_count int NOT NULL,
  series_ids int[] NOT NULL,
  times timestamptz[] NOT NULL,
  sample_values float8[] NOT NULL
);

CREATE INDEX commit_log_xid_idx ON commit_log (xid);

-- Compressing what is read once and then deleted would cost more than the rest of the insert.
ALTER TABLE commit_log
  ALTER series_ids SET STORAGE EXTERNAL,
  ALTER times SET STORAGE EXTERNAL,
  ALTER sample_values SET STORAGE EXTERNAL;

-- One row. From complete_from on no commit is missing from the log.
CREATE TABLE commit_log_state (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  wanted_until timestamptz NOT NULL DEFAULT '-infinity',
  complete_from xid8 NOT NULL DEFAULT '0'
);
INSERT INTO commit_log_state DEFAULT VALUES;

CREATE FUNCTION log_commit() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  IF (SELECT wanted_until FROM commit_log_state) > clock_timestamp() THEN
    INSERT INTO commit_log (sample_count, series_ids, times, sample_values)
      SELECT count(*), array_agg(series_id), array_agg(time), array_agg(value)
        FROM inserted HAVING count(*) > 0;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER log_commit AFTER INSERT ON samples
  REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT EXECUTE FUNCTION log_commit();
