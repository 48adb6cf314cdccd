import type { Engine } from '../../src/engine/engine.ts';

/** The compressed chunks of one tier. */
export interface CompressedSize {
  /** `samples`, `samples_1min`, … */
  readonly relation: string;
  readonly rows: number;
  /** As rows, indexes included. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** Reads what the columnstore has made of each tier's chunks, finest tier first; tiers without compressed chunks are absent. */
export async function readCompressedSizes({ pool }: Engine): Promise<readonly CompressedSize[]> {
  const { rows } = await pool.query<CompressedSize>(
    `SELECT coalesce(user_view_name, h.table_name) AS relation,
            sum(numrows_pre_compression)::float8 AS rows,
            sum(uncompressed_heap_size + uncompressed_toast_size + uncompressed_index_size)::float8 AS "bytesBefore",
            sum(compressed_heap_size + compressed_toast_size + compressed_index_size)::float8 AS "bytesAfter"
       FROM _timescaledb_catalog.compression_chunk_size
       JOIN _timescaledb_catalog.chunk c ON c.id = chunk_id
       JOIN _timescaledb_catalog.hypertable h ON h.id = c.hypertable_id
       LEFT JOIN _timescaledb_catalog.continuous_agg ON mat_hypertable_id = h.id
      GROUP BY h.id, relation ORDER BY h.id`,
  );
  return rows;
}

/** One series in a hundred of the days at 10 s, laid out and compressed as `samples` is, in a table of its own. */
export async function measureDenseBytes({ pool }: Engine, endMs: number, days: number): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('CREATE TABLE bench_store_dense (LIKE samples)');
    await client.query(
      `SELECT create_hypertable('bench_store_dense', by_range('time', INTERVAL '7 days'), create_default_indexes => false)`,
    );
    await client.query(
      `ALTER TABLE bench_store_dense SET (timescaledb.enable_columnstore,
         timescaledb.segmentby = 'series_id', timescaledb.orderby = 'time DESC')`,
    );
    const { rowCount } = await client.query(
      `INSERT INTO bench_store_dense SELECT samples.* FROM samples JOIN series ON series.id = series_id
        WHERE metric_name LIKE 'bench\\_store\\__' AND host LIKE 'host-%0'
          AND time >= to_timestamp($1 / 1000.0) - $2 * INTERVAL '1 day'`,
      [endMs, days],
    );
    await client.query(`SELECT compress_chunk(chunk) FROM show_chunks('bench_store_dense') AS chunk`);
    const { rows } = await client.query<{ bytes: number }>(
      `SELECT hypertable_size('bench_store_dense')::float8 AS bytes`,
    );
    return rows[0]!.bytes / rowCount!;
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}
