-- What finding the newest of very many series needs: their ids in order without touching their rows, and whether any of
-- them came back. That check goes by the index alone, as other plans would read a chunk to its end to say no.
CREATE INDEX series_metric_name_id_idx ON series (metric_name, id);

CREATE FUNCTION any_sample_between(since timestamptz, until timestamptz, first_series int, last_series int) RETURNS boolean
  LANGUAGE plpgsql STABLE
  SET enable_seqscan = off
  SET enable_bitmapscan = off
AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM samples
     WHERE time >= since AND time < until AND series_id BETWEEN first_series AND last_series);
END
$$;
