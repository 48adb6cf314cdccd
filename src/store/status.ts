import type { StatusAnswer, StoreStatus } from '../contract/status.ts';
import { retentionOf } from '../domain/retention.ts';
import type { Engine } from '../engine/engine.ts';
import type { JobRun } from './jobs.ts';
import { readJobStatus } from './status-jobs.ts';
import { ratio, readTiers, tierStatusOf } from './status-tiers.ts';
import { asking } from './store-error.ts';

/** Reads which PostgreSQL and which TimescaleDB the engine is. */
export function readEngineStatus(engine: Engine): Promise<StatusAnswer['engine']> {
  return asking(async () => {
    const { rows } = await engine.pool.query<{ postgres: string; timescaledb: string }>(
      `SELECT current_setting('server_version') AS postgres, extversion AS timescaledb
         FROM pg_extension WHERE extname = 'timescaledb'`,
    );
    return { kind: engine.kind, ...rows[0]! };
  });
}

/**
 * Reads how the store is doing, from catalogues alone, so that it may be asked every few seconds.
 * @param runs the program's own runs of jobs, which TimescaleDB keeps no record of
 */
export function readStoreStatus(
  engine: Engine,
  settings: Parameters<typeof retentionOf>[0],
  runs: ReadonlyMap<number, JobRun>,
): Promise<StoreStatus> {
  return asking(() => readStore(engine, settings, runs));
}

async function readStore(
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

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
