-- No label may be named constructor, prototype or __proto__, as at every other door: superjson will not write such an object.
-- Series that have one keep their samples, and the label as label_constructor and so on, or no answer could name them.

-- One expression, which PostgreSQL inlines: with a subquery the check took ten times what the rest of adding a series does.
-- Labels that it cannot vouch for (escapes, long text) are looked at one by one.
CREATE OR REPLACE FUNCTION are_labels_one_by_one(labels jsonb) RETURNS boolean
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN (
    SELECT count(*) <= 64 AND coalesce(bool_and(
        key <> '' AND is_printable(key, 200) AND key NOT IN ('__proto__', 'constructor', 'prototype')
        AND jsonb_typeof(value) = 'string' AND value <> '""' AND is_printable(value #>> '{}', 1000)), true)
      FROM jsonb_each(labels));

CREATE OR REPLACE FUNCTION are_labels(labels jsonb) RETURNS boolean
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN CASE
    WHEN jsonb_typeof(labels) <> 'object' THEN false
    WHEN labels::text !~ '[^"]{201}|[\u007f-\u009f]|\\'
      AND NOT labels ?| ARRAY['', '__proto__', 'constructor', 'prototype']
      AND NOT labels @? 'strict $.* ? (@.type() != "string" || @ == "")'
      AND jsonb_array_length(jsonb_path_query_array(labels, '$.*')) <= 64 THEN true
    ELSE are_labels_one_by_one(labels)
  END;

UPDATE series
   SET labels = (
         SELECT jsonb_object_agg(CASE WHEN are_labels(jsonb_build_object(key, value)) THEN key ELSE 'label_' || key END, value)
           FROM jsonb_each(labels))
 WHERE NOT are_labels(labels);
