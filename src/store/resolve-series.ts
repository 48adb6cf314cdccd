import type { Engine } from '../engine/engine.ts';
import { asking } from './store-error.ts';

/** What names a series, and what its sender said of it. */
export interface SeriesIdentity {
  readonly metricName: string;
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly unit?: string | undefined;
  readonly kind?: string | undefined;
}

const WANTED = `
  unnest($1::text[], $2::text[], $3::jsonb[], $4::text[], $5::text[])
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

// Sorted, so that two nodes that add the same series wait for each other instead of deadlocking.
const ADD = `
  INSERT INTO series (metric_name, host, labels, unit, kind)
  SELECT metric_name, host, labels, unit, kind FROM (
    SELECT * FROM ${WANTED} ORDER BY position LIMIT $6) AS wanted
  ORDER BY metric_name, host, labels
  ON CONFLICT DO NOTHING`;

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
    const missing = await find(engine, identities, ids);
    if (missing.length > 0) {
      const room = maxSeries === undefined ? null : Math.max(0, maxSeries - (await countSeries(engine)));
      await engine.pool.query(ADD, [...parametersOf(missing), room]);
      await find(engine, identities, ids);
    }
    await describe(engine, identities, ids);
    return ids;
  });
}

async function countSeries(engine: Engine): Promise<number> {
  const { rows } = await engine.pool.query<{ count: number }>('SELECT count(*) FROM series');
  return rows[0]!.count;
}

async function find(
  engine: Engine,
  identities: readonly SeriesIdentity[],
  ids: (number | undefined)[],
): Promise<SeriesIdentity[]> {
  const { rows } = await engine.pool.query<{ position: number; id: number }>(FIND, parametersOf(identities));
  for (const { position, id } of rows) ids[position - 1] = id;
  return identities.filter((_, index) => ids[index] === undefined);
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

function parametersOf(identities: readonly SeriesIdentity[]): unknown[] {
  return [
    identities.map(({ metricName }) => metricName),
    identities.map(({ host }) => host),
    identities.map(({ labels }) => JSON.stringify(labels)),
    identities.map(({ unit }) => unit ?? null),
    identities.map(({ kind }) => kind ?? null),
  ];
}
