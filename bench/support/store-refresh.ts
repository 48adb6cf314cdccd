import type { PoolClient } from 'pg';
import type { Engine } from '../../src/engine/engine.ts';
import { inBulk, withMaintenanceSession } from '../../src/store/lifecycle-session.ts';

const NAME = 'bench_store_refresh';
const DAY_MS = 86_400_000;

/**
 * Materialises whole UTC days of a second 1-minute rollup, made as `samples_1min` is and dropped again, as a load of
 * history does.
 * @param daysMs where the days begin, in epoch milliseconds
 * @returns raw rows per second of each day
 */
export function measureRefresh(engine: Engine, daysMs: readonly number[]): Promise<number[]> {
  return withMaintenanceSession(engine, async (client) => {
    await client.query(`DROP MATERIALIZED VIEW IF EXISTS ${NAME}`);
    await createRollup(client);
    const speeds: number[] = [];
    for (const fromMs of daysMs) {
      const day = [new Date(fromMs), new Date(fromMs + DAY_MS)];
      const { rows } = await client.query<{ count: number }>(
        'SELECT count(*) FROM samples WHERE time >= $1 AND time < $2',
        day,
      );
      const startedMs = performance.now();
      await inBulk(client, () =>
        client.query(
          `CALL refresh_continuous_aggregate('${NAME}', $1::timestamptz, $2::timestamptz,
             options => '{"buckets_per_batch": 1440}')`,
          day,
        ),
      );
      speeds.push(rows[0]!.count / ((performance.now() - startedMs) / 1000));
    }
    await client.query(`DROP MATERIALIZED VIEW ${NAME}`);
    return speeds;
  });
}

async function createRollup(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ definition: string }>(
    `SELECT rtrim(view_definition, '; ') AS definition FROM timescaledb_information.continuous_aggregates
      WHERE view_name = 'samples_1min'`,
  );
  await client.query(
    `CREATE MATERIALIZED VIEW ${NAME} WITH (timescaledb.continuous) AS ${rows[0]!.definition} WITH NO DATA`,
  );
  await client.query(
    `SELECT set_chunk_time_interval(
       format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name), INTERVAL '12 hours')
       FROM timescaledb_information.continuous_aggregates WHERE view_name = '${NAME}'`,
  );
  await client.query(
    `ALTER MATERIALIZED VIEW ${NAME} SET (timescaledb.enable_columnstore,
       timescaledb.segmentby = 'series_id', timescaledb.orderby = 'bucket DESC')`,
  );
}
