-- No label may be named constructor, prototype or __proto__, as at every other door: superjson will not write such an object.
-- Series that have one keep their samples, and the label as label_constructor and so on, or no answer could name them.
CREATE OR REPLACE FUNCTION are_labels(labels jsonb) RETURNS boolean
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN CASE WHEN jsonb_typeof(labels) = 'object' THEN (
    SELECT count(*) <= 64 AND coalesce(bool_and(
        key <> '' AND is_printable(key, 200) AND key NOT IN ('__proto__', 'constructor', 'prototype')
        AND jsonb_typeof(value) = 'string' AND value <> '""' AND is_printable(value #>> '{}', 1000)), true)
      FROM jsonb_each(labels)
  ) ELSE false END;

UPDATE series
   SET labels = (
         SELECT jsonb_object_agg(CASE WHEN are_labels(jsonb_build_object(key, value)) THEN key ELSE 'label_' || key END, value)
           FROM jsonb_each(labels))
 WHERE NOT are_labels(labels);
