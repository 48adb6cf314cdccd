import { seed } from '../../src/cli/seed.ts';
import { createStoreSink } from '../../src/cli/store-sink.ts';
import type { Config } from '../../src/config.ts';
import { ROLLUPS } from '../../src/domain/retention.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { createLogger } from '../../src/logger.ts';
import { openStore } from '../../src/open-store.ts';

/** What `npm run seed -- --days 28 --hosts 5` makes up. */
const SEEDED = { seed: 1, days: 28, hosts: 5 };

/** What one tier of the seeded database takes: all chunks with their indexes and TOAST. */
export interface TierSize {
  /** `samples`, `samples_1min`, … */
  readonly relation: string;
  readonly rows: number;
  readonly bytesAsRows: number;
  readonly bytesCompressed: number;
}

/**
 * Seeds a database of its own beside the benchmark's, and measures every tier both as rows and with every chunk
 * compressed: samples as they were written; rollups, which are written compressed, once they are decompressed. The
 * database is dropped afterwards.
 * @returns the finest tier first
 */
export async function measureSeeded(config: Config, { pool }: Engine): Promise<readonly TierSize[]> {
  const url = new URL(config.DATABASE_URL!);
  const name = `${url.pathname.slice(1)}_seeded`;
  url.pathname = name;
  const drop = () => pool.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
  await drop();
  await pool.query(`CREATE DATABASE "${name}"`);
  const store = await openStore({ ...config, DATABASE_URL: url.href }, 'bench', createLogger(config));
  const { engine } = store;
  try {
    // Policies would compress, while this measures the opposite.
    await engine.pool.query('SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs');
    const sink = createStoreSink({ ...store, close: async () => {} });
    const io = { stream: { write() {} }, signal: new AbortController().signal };
    await seed({ ...SEEDED, nowMs: Date.now() }, async () => sink, io);
    const samples = await measureSamples(engine);
    return [samples, ...(await measureRollups(engine))];
  } finally {
    await store.close();
    await drop();
  }
}

async function measureSamples(engine: Engine): Promise<TierSize> {
  const asRows = await readSize(engine, 'samples');
  await convertChunks(engine, 'samples', 'compress_chunk');
  const compressed = await readSize(engine, 'samples');
  return sizeOf(asRows, compressed);
}

async function measureRollups(engine: Engine): Promise<TierSize[]> {
  const sizes: TierSize[] = [];
  for (const relation of ROLLUPS.map((rollup) => `samples_${rollup}`)) {
    await convertChunks(engine, relation, 'compress_chunk');
    const compressed = await readSize(engine, relation);
    await convertChunks(engine, relation, 'decompress_chunk');
    const asRows = await readSize(engine, relation);
    sizes.push(sizeOf(asRows, compressed));
  }
  return sizes;
}

const sizeOf = (asRows: Size, { relation, rows, bytes }: Size): TierSize => ({
  relation,
  rows,
  bytesAsRows: asRows.bytes,
  bytesCompressed: bytes,
});

async function convertChunks({ pool }: Engine, relation: string, convert: string): Promise<void> {
  await pool.query(`SELECT ${convert}(chunk) FROM show_chunks($1::regclass) AS chunk`, [relation]);
}

interface Size {
  readonly relation: string;
  readonly rows: number;
  readonly bytes: number;
}

async function readSize({ pool }: Engine, relation: string): Promise<Size> {
  const { rows } = await pool.query<Size>(
    `SELECT $1::text AS relation, (SELECT count(*) FROM ${relation}) AS rows, hypertable_size(coalesce(
            (SELECT format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)::regclass
               FROM timescaledb_information.continuous_aggregates WHERE view_name = $1), $1::regclass))::float8 AS bytes`,
    [relation],
  );
  return rows[0]!;
}
