import { createLogger, openStore } from '../../src/app.ts';
import { seed } from '../../src/cli/seed.ts';
import { createStoreSink } from '../../src/cli/store-sink.ts';
import type { Config } from '../../src/config.ts';
import type { Engine } from '../../src/engine/engine.ts';

/** What `npm run seed -- --days 28 --hosts 5` makes up. */
const SEEDED = { seed: 1, days: 28, hosts: 5 };

/** What one tier of the seeded database takes, chunks, indexes and TOAST included. */
export interface TierSize {
  /** `samples`, `samples_1min`, … */
  readonly relation: string;
  readonly rows: number;
  /** With every chunk decompressed. */
  readonly bytesAsRows: number;
  /** With every chunk compressed. */
  readonly bytesCompressed: number;
}

/**
 * Seeds a database of its own beside the benchmark's, and measures all of it twice: once every chunk is compressed, and
 * once the same chunks are rows again. It is dropped afterwards.
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
    const compressed = await readSizes(engine, 'compress_chunk');
    const asRows = await readSizes(engine, 'decompress_chunk');
    return compressed.map(({ relation, rows, bytes }, i) => ({
      relation,
      rows,
      bytesAsRows: asRows[i]!.bytes,
      bytesCompressed: bytes,
    }));
  } finally {
    await store.close();
    await drop();
  }
}

interface SizeRow {
  readonly relation: string;
  readonly rows: number;
  readonly bytes: number;
}

/** Sizes after all chunks went through a function of TimescaleDB. */
async function readSizes({ pool }: Engine, convert: string): Promise<SizeRow[]> {
  const sizes: SizeRow[] = [];
  for (const relation of ['samples', 'samples_1min', 'samples_1hour', 'samples_daily']) {
    await pool.query(`SELECT ${convert}(chunk) FROM show_chunks($1::regclass) AS chunk`, [relation]);
    const { rows } = await pool.query<SizeRow>(
      `SELECT $1::text AS relation, (SELECT count(*) FROM ${relation}) AS rows, hypertable_size(coalesce(
              (SELECT format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)::regclass
                 FROM timescaledb_information.continuous_aggregates WHERE view_name = $1), $1::regclass))::float8 AS bytes`,
      [relation],
    );
    sizes.push(rows[0]!);
  }
  return sizes;
}
