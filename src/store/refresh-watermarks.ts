import { ROLLUPS, type Rollup } from '../domain/retention.ts';
import type { Engine } from '../engine/engine.ts';
import type { Database } from './database.ts';

/** So long an answer is used again: the view has that much more to aggregate. */
const RECENT_MS = 10_000;

/** The materialised part of a rollup, as a table of its own: `series_id, bucket, sum, count, min, max, last`. */
export interface MaterializedPart {
  /** Schema and name, to be put into SQL as they are. */
  readonly hypertable: string;
  /** Buckets before this are in it, in epoch milliseconds, and stay there; 0 where it holds nothing. */
  readonly untilMs: number;
}

/**
 * Reads where each rollup is materialised. TimescaleDB aggregates that table in vectors, but not through the rollup's
 * real-time view: over many series it is several times faster to aggregate the table before a literal `untilMs` and
 * the view from there on. An old answer stays right: what it says is materialised still is.
 */
export async function readMaterializedParts(database: Database): Promise<Record<Rollup, MaterializedPart>> {
  const { rows } = await database.query<MaterializedPart & { relation: string }>(
    `SELECT view_name AS relation,
            materialization_hypertable_schema || '.' || materialization_hypertable_name AS hypertable,
            greatest(coalesce(watermark, 0), 0) / 1000.0::float8 AS "untilMs"
       FROM timescaledb_information.continuous_aggregates
       JOIN _timescaledb_catalog.continuous_agg ON user_view_schema = view_schema AND user_view_name = view_name
       LEFT JOIN _timescaledb_catalog.continuous_aggs_watermark USING (mat_hypertable_id)`,
  );
  const partOf = (rollup: Rollup): MaterializedPart => {
    const { hypertable, untilMs } = rows.find((row) => row.relation === `samples_${rollup}`)!;
    return { hypertable, untilMs };
  };
  return Object.fromEntries(ROLLUPS.map((rollup) => [rollup, partOf(rollup)])) as Record<
    Rollup,
    MaterializedPart
  >;
}

type MaterializedParts = Promise<Record<Rollup, MaterializedPart>>;
const lastRead = new WeakMap<Engine, { readonly readMs: number; readonly parts: MaterializedParts }>();

/** {@link readMaterializedParts} as of the last 10 s. */
export async function recentMaterializedParts(engine: Engine): MaterializedParts {
  const nowMs = performance.now();
  const last = lastRead.get(engine);
  if (last && nowMs < last.readMs + RECENT_MS) return last.parts;
  const parts = readMaterializedParts(engine.pool);
  lastRead.set(engine, { readMs: nowMs, parts });
  // A failure is told to those who wait for it; the next one asks again.
  parts.catch(() => lastRead.delete(engine));
  return parts;
}
