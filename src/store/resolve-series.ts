import type { Engine } from '../engine/engine.ts';
import { asking, sqlState } from './store-error.ts';

/** What names a series, and what its sender said of it. */
export interface SeriesIdentity {
  readonly metricName: string;
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly unit?: string | undefined;
  readonly kind?: string | undefined;
}

/** One document: arrays of text would be escaped here and parsed there, a label set twice. */
const WANTED = `
  ROWS FROM (json_to_recordset($1::json) AS (metric_name text, host text, labels jsonb, unit text, kind text))
    WITH ORDINALITY AS wanted (metric_name, host, labels, unit, kind, position)`;

// LATERAL with a LIMIT keeps to the index, whose condition is spelled as here: a hash join would digest the labels of
// the whole catalogue.
const FIND = `
  SELECT position::int, id
  FROM ${WANTED} CROSS JOIN LATERAL (
    SELECT id FROM series
    WHERE series.metric_name = wanted.metric_name AND series.host = wanted.host
      AND md5(series.labels::text) = md5(wanted.labels::text) AND series.labels = wanted.labels
    LIMIT 1) AS found`;

// Sorted, so that two nodes that add the same series wait for each other instead of deadlocking; by bytes, which is
// quicker than by a language.
const ADD = `
  WITH wanted AS MATERIALIZED (SELECT * FROM ${WANTED}),
  added AS (
    INSERT INTO series (metric_name, host, labels, unit, kind)
    SELECT metric_name, host, labels, unit, kind FROM wanted
    ORDER BY metric_name COLLATE "C", host COLLATE "C", labels
    RETURNING id, metric_name, host, labels)
  SELECT position::int, id FROM wanted JOIN added USING (metric_name, host, labels)`;
/** Looking for conflicts costs half as much again: for when there was one. */
const ADD_REST = ADD.replace('RETURNING', 'ON CONFLICT DO NOTHING RETURNING');
const UNIQUE_VIOLATION = '23505';

const DESCRIBE = `
  UPDATE series SET unit = coalesce(wanted.unit, series.unit), kind = coalesce(wanted.kind, series.kind)
  FROM unnest($1::int[], $2::text[], $3::text[]) AS wanted (id, unit, kind)
  WHERE series.id = wanted.id
    AND (coalesce(wanted.unit, series.unit), coalesce(wanted.kind, series.kind))
      IS DISTINCT FROM (series.unit, series.kind)`;

/**
 * The ids of series, in the order given; those that are new are added to the catalogue while it has room. Nodes that
 * add at the same moment may together exceed the bound by what each of them adds.
 * Units and kinds that are given replace what the catalogue has.
 * @param maxSeries series that the catalogue may hold; without bound where it is left out
 * @returns undefined in place of an id for each new series that the catalogue has no room for
 */
export function resolveSeries(
  engine: Engine,
  identities: readonly SeriesIdentity[],
  maxSeries?: number,
): Promise<(number | undefined)[]> {
  return asking(async () => {
    const ids = new Array<number | undefined>(identities.length).fill(undefined);
    const all = Array.from(identities.keys());
    await ask(engine, FIND, identities, all, ids);
    const missing = all.filter((position) => ids[position] === undefined);
    if (missing.length > 0) {
      const room =
        maxSeries === undefined ? missing.length : await roomFor(engine, missing.length, maxSeries);
      await add(engine, identities, missing.slice(0, room), ids);
    }
    await describe(engine, identities, ids);
    return ids;
  });
}

/** How many of so many new series there is room for. */
async function roomFor(engine: Engine, wanted: number, maxSeries: number): Promise<number> {
  // Ids count up from 1, so there are no more series than the largest; counting them takes longer the more there are.
  const { rows: largest } = await engine.pool.query<{ id: number }>(
    'SELECT coalesce(max(id), 0) AS id FROM series',
  );
  if (largest[0]!.id + wanted <= maxSeries) return wanted;
  const { rows } = await engine.pool.query<{ count: number }>('SELECT count(*) FROM series');
  return Math.max(0, maxSeries - rows[0]!.count);
}

async function add(
  engine: Engine,
  identities: readonly SeriesIdentity[],
  missing: readonly number[],
  ids: (number | undefined)[],
): Promise<void> {
  try {
    await ask(engine, ADD, identities, missing, ids);
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    await ask(engine, ADD_REST, identities, missing, ids);
    await ask(engine, FIND, identities, missing, ids);
  }
}

/** Asks about the series at these positions, and notes the ids that are answered. */
async function ask(
  engine: Engine,
  sql: string,
  identities: readonly SeriesIdentity[],
  positions: readonly number[],
  ids: (number | undefined)[],
): Promise<void> {
  const wanted = positions.map((position) => {
    const { metricName, host, labels, unit, kind } = identities[position]!;
    return { metric_name: metricName, host, labels, unit, kind };
  });
  const { rows } = await engine.pool.query<{ position: number; id: number }>(sql, [JSON.stringify(wanted)]);
  for (const { position, id } of rows) ids[positions[position - 1]!] = id;
}

async function describe(
  engine: Engine,
  identities: readonly SeriesIdentity[],
  ids: readonly (number | undefined)[],
): Promise<void> {
  const described = identities
    .map(({ unit = null, kind = null }, index) => ({ id: ids[index], unit, kind }))
    .filter(({ id, unit, kind }) => id !== undefined && (unit !== null || kind !== null));
  if (described.length === 0) return;
  await engine.pool.query(DESCRIBE, [
    described.map(({ id }) => id),
    described.map(({ unit }) => unit),
    described.map(({ kind }) => kind),
  ]);
}
