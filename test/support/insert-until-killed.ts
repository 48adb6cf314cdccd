/** Inserts batches of 500 rows into a hypertable of the data directory it is given; a line for each that was committed. */
import { openEmbedded } from '../../src/engine/embedded.ts';

const engine = await openEmbedded({ dataDir: process.argv[2]! });
await engine.pool.query('CREATE TABLE IF NOT EXISTS points (time timestamptz NOT NULL, value float8)');
await engine.pool.query(`SELECT create_hypertable('points', by_range('time'), if_not_exists => true)`);
for (;;) {
  await engine.pool.query(
    `INSERT INTO points SELECT timestamptz '2026-01-01' + random() * interval '30 days', n FROM generate_series(1, 500) n`,
  );
  console.log('committed');
}
