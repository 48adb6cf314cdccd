-- What answers may be kept by: up to where the past is settled, and every change of it since then, whoever made it.
-- Ranges of time and no series: late samples are few, and what comes in time is only compared with guarded_until.

-- One row, brought forward once a minute by whichever node refreshes.
CREATE TABLE settled_past (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  -- Whoever changes samples before this leaves a row in past_changes.
  guarded_until timestamptz NOT NULL DEFAULT '-infinity',
  -- No transaction from this one on can have missed guarded_until; null where nobody waits for those before it.
  guarded_from xid8,
  -- Everything before these is visible and, of the rollups, materialised.
  raw timestamptz NOT NULL DEFAULT '-infinity',
  "1min" timestamptz NOT NULL DEFAULT '-infinity',
  "1hour" timestamptz NOT NULL DEFAULT '-infinity',
  daily timestamptz NOT NULL DEFAULT '-infinity',
  -- How often rows of past_changes have been deleted.
  prunes bigint NOT NULL DEFAULT 0
);
INSERT INTO settled_past DEFAULT VALUES;

CREATE TABLE past_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  times tstzrange NOT NULL,
  -- The rollups have it.
  refreshed boolean NOT NULL DEFAULT false
);
CREATE INDEX past_changes_times_idx ON past_changes USING gist (times);

-- It has to see guarded_until as of now: under a stricter isolation it may be an old one, and everything is noted. A
-- writer that says how old its samples are at most (hyperdash.samples_since) is spared looking through them.
CREATE FUNCTION note_late_samples() RETURNS trigger
  LANGUAGE plpgsql
AS $$
DECLARE
  until timestamptz;
BEGIN
  SELECT CASE current_setting('transaction_isolation') WHEN 'read committed' THEN guarded_until ELSE 'infinity' END
    INTO until FROM settled_past;
  IF nullif(current_setting('hyperdash.samples_since', true), '')::timestamptz >= until THEN
    RETURN NULL;
  END IF;
  INSERT INTO past_changes (times)
    SELECT tstzrange(min(time), max(time), '[]') FROM inserted WHERE time < until HAVING count(*) > 0;
  RETURN NULL;
END
$$;

CREATE TRIGGER note_late_samples AFTER INSERT ON samples
  REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT EXECUTE FUNCTION note_late_samples();

-- Samples are not changed or deleted but by hand: then anything may have changed.
CREATE FUNCTION note_any_change() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  INSERT INTO past_changes (times) VALUES ('(,)');
  RETURN NULL;
END
$$;

CREATE TRIGGER note_any_change AFTER UPDATE OR DELETE OR TRUNCATE ON samples
  FOR EACH STATEMENT EXECUTE FUNCTION note_any_change();
