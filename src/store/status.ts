import { DATA_SOURCES, type DataSource, RESOLUTIONS, type Resolution } from '../contract/resolution.ts';
import type { StatusAnswer, StoreStatus } from '../contract/status.ts';
import { retentionOf } from '../domain/retention.ts';
import type { Retention } from '../domain/tier.ts';
import type { Engine } from '../engine/engine.ts';
import type { JobRun } from './jobs.ts';
import { readJobStatus } from './status-jobs.ts';

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

/** Reads which PostgreSQL and which TimescaleDB the engine is. */
export async function readEngineStatus(engine: Engine): Promise<StatusAnswer['engine']> {
  const { rows } = await engine.pool.query<{ postgres: string; timescaledb: string }>(
    `SELECT current_setting('server_version') AS postgres, extversion AS timescaledb
       FROM pg_extension WHERE extname = 'timescaledb'`,
  );
  return { kind: engine.kind, ...rows[0]! };
}

/**
 * Reads how the store is doing, from catalogues alone, so that it may be asked every few seconds.
 * @param runs the program's own runs of jobs, which TimescaleDB keeps no record of
 */
export async function readStoreStatus(
  engine: Engine,
  settings: Parameters<typeof retentionOf>[0],
  runs: ReadonlyMap<number, JobRun>,
): Promise<StoreStatus> {
  const tiers = await readTiers(engine);
  const before = sum(tiers.map((tier) => tier.bytesBefore ?? 0));
  const after = sum(tiers.map((tier) => tier.bytesAfter ?? 0));
  const series = await engine.pool.query<{ n: number }>('SELECT count(*) AS n FROM series');
  return {
    series: series.rows[0]!.n,
    bytes: sum(tiers.map((tier) => tier.bytes)),
    compression_ratio: ratio(before, after),
    tiers: tiers.map((tier) => tierStatusOf(tier, retentionOf(settings))),
    jobs: await readJobStatus(engine, runs),
  };
}

interface TierRow {
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
         (SELECT count(*) FROM show_chunks(hypertable)) AS chunks,
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
           SELECT count(after_compression_total_bytes) AS "chunksCompressed",
                  sum(before_compression_total_bytes)::float8 AS "bytesBefore",
                  sum(after_compression_total_bytes)::float8 AS "bytesAfter"
             FROM chunk_columnstore_stats(hypertable)) AS stats
    LEFT JOIN LATERAL (
           SELECT to_timestamp(watermark / 1e6) AS until
             FROM _timescaledb_catalog.continuous_agg
             JOIN _timescaledb_catalog.continuous_aggs_invalidation_threshold ON hypertable_id = raw_hypertable_id
            WHERE user_view_name = relation AND watermark > 0) AS threshold ON true
   ORDER BY rank`;

async function readTiers(engine: Engine): Promise<readonly TierRow[]> {
  const { rows } = await engine.pool.query<TierRow>(READ_TIERS, [
    RESOLUTIONS,
    RESOLUTIONS.map((resolution) => RELATIONS[resolution]),
  ]);
  return rows;
}

function tierStatusOf(tier: TierRow, retention: Retention): StoreStatus['tiers'][number] {
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

function ratio(before: number, after: number): number | null {
  return after > 0 ? before / after : null;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
