import type { Engine } from '../../src/engine/engine.ts';

/** Series of each of the metrics below, one a host. */
export const MANY = 10_000;
/** Its newest samples are seconds old; it has one a day besides, for three weeks. */
export const BUSY = 'bench_store_busy';
/** Its newest samples are twenty days old, in compressed chunks. */
export const QUIET = 'bench_store_quiet';
/** As old as those, but of series whose ids alternate with the busy ones. */
export const SCATTERED = 'bench_store_scattered';

const DAY_MS = 86_400_000;

/** Gives each metric ten samples a series: at 10 s up to now, and at a minute up to a midnight twenty days ago. */
export async function fillMany(engine: Engine, nowMs: number): Promise<void> {
  for (const metrics of [[BUSY, SCATTERED], [QUIET]]) {
    await engine.pool.query(
      `INSERT INTO series (metric_name, host) SELECT metric, 'host-' || host
         FROM generate_series(1, $2::int) AS host, unnest($1::text[]) AS metric ORDER BY host, metric
         ON CONFLICT DO NOTHING`,
      [metrics, MANY],
    );
  }
  const midnightMs = Math.floor(nowMs / DAY_MS) * DAY_MS - 20 * DAY_MS;
  for (const [metric, endMs, stepMs, count] of [
    [BUSY, nowMs, 10_000, 10],
    [BUSY, nowMs, DAY_MS, 22],
    [QUIET, midnightMs, 60_000, 10],
    [SCATTERED, midnightMs, 60_000, 10],
  ]) {
    await engine.pool.query(
      `INSERT INTO samples (time, series_id, value)
       SELECT to_timestamp(($2::float8 - step * $3::float8 - series.id % 1000) / 1000), series.id, random()
         FROM generate_series($4::int - 1, 0, -1) AS step, series WHERE metric_name = $1 ON CONFLICT DO NOTHING`,
      [metric, endMs, stepMs, count],
    );
  }
}
