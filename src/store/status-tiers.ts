import { DATA_SOURCES, type DataSource, RESOLUTIONS, type Resolution } from '../contract/resolution.ts';
import type { StoreStatus } from '../contract/status.ts';
import type { Retention } from '../domain/tier.ts';
import type { Engine } from '../engine/engine.ts';

/** The table or continuous aggregate of each resolution. */
const RELATIONS = {
  raw: 'samples',
  '1min': 'samples_1min',
  '1hour': 'samples_1hour',
  daily: 'samples_daily',
} as const satisfies Record<Resolution, string>;

/** Which tier a relation of TimescaleDB is; null for none of them. */
export function dataSourceOf(relation: string | null): DataSource | null {
  const resolution = RESOLUTIONS.find((each) => RELATIONS[each] === relation);
  return resolution ? DATA_SOURCES[resolution] : null;
}

/** One tier as the catalogues know it; bytes before and after are of those compressed chunks that were rows once. */
export interface TierRow {
  readonly resolution: Resolution;
  readonly rows: number;
  readonly chunks: number;
  readonly chunksCompressed: number;
  readonly bytes: number;
  readonly bytesBefore: number | null;
  readonly bytesAfter: number | null;
  readonly refreshedUntil: Date | null;
  readonly lagSeconds: number | null;
}

/** A rollup is computed up to its source's invalidation threshold: changes before that are recorded and refreshed. */
const READ_TIERS = `
  SELECT resolution,
         approximate_row_count(hypertable) AS rows,
         counts.*,
         stats.*,
         hypertable_approximate_size(hypertable) AS bytes,
         threshold.until AS "refreshedUntil",
         extract(epoch FROM now() - threshold.until)::float8 AS "lagSeconds"
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS tier (resolution, relation, rank)
    LEFT JOIN timescaledb_information.continuous_aggregates ON view_name = relation
   CROSS JOIN LATERAL (
           SELECT coalesce(
             materialization_hypertable_schema || '.' || materialization_hypertable_name, relation
           )::regclass AS hypertable) AS storage
   CROSS JOIN LATERAL (
           SELECT count(*) AS chunks, count(*) FILTER (WHERE is_compressed) AS "chunksCompressed"
             FROM timescaledb_information.chunks AS chunk
            WHERE format('%I.%I', chunk.hypertable_schema, chunk.hypertable_name)::regclass = hypertable) AS counts
   CROSS JOIN LATERAL (
           SELECT sum(before_compression_total_bytes)::float8 AS "bytesBefore",
                  sum(after_compression_total_bytes)::float8 AS "bytesAfter"
             FROM chunk_columnstore_stats(hypertable)) AS stats
    LEFT JOIN LATERAL (
           SELECT to_timestamp(watermark / 1e6) AS until
             FROM _timescaledb_catalog.continuous_agg
             JOIN _timescaledb_catalog.continuous_aggs_invalidation_threshold ON hypertable_id = raw_hypertable_id
            WHERE user_view_name = relation AND watermark > 0) AS threshold ON true
   ORDER BY rank`;

/** Reads every tier, the finest first. */
export async function readTiers(engine: Engine): Promise<readonly TierRow[]> {
  const { rows } = await engine.pool.query<TierRow>(READ_TIERS, [
    RESOLUTIONS,
    RESOLUTIONS.map((resolution) => RELATIONS[resolution]),
  ]);
  return rows;
}

/** One tier as the contract shows it. */
export function tierStatusOf(tier: TierRow, retention: Retention): StoreStatus['tiers'][number] {
  const retentionMs = retention[tier.resolution];
  return {
    data_source: DATA_SOURCES[tier.resolution],
    rows: tier.rows,
    chunks: tier.chunks,
    chunks_compressed: tier.chunksCompressed,
    bytes: tier.bytes,
    compression_ratio: ratio(tier.bytesBefore ?? 0, tier.bytesAfter ?? 0),
    retention_seconds: Number.isFinite(retentionMs) ? retentionMs / 1000 : null,
    refreshed_until: tier.refreshedUntil,
    refresh_lag_seconds: tier.lagSeconds,
  };
}

/** Compression ratio; null where nothing is compressed. */
export function ratio(before: number, after: number): number | null {
  return after > 0 ? before / after : null;
}
