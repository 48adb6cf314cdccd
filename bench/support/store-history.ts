import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { fillSynthetic, SYNTHETIC_METRICS } from '../../src/domain/synthetic.ts';
import type { Engine } from '../../src/engine/engine.ts';

/** Hosts of the history, each with every metric of {@link METRICS}. */
export const HOSTS = 100;
/** Names of the metrics; each takes the shape of one that `seed` makes up. */
export const METRICS = ['bench_store_1', 'bench_store_2', 'bench_store_3', 'bench_store_4', 'bench_store_5'];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const STEP_MS = 10_000;
/** Within what raw samples are kept for, so that they may come as late samples do. */
const HISTORY_MS = 30 * DAY_MS - HOUR_MS;
/** The newest days have a sample every 10 s, those before one a minute. */
const DENSE_MS = 3 * DAY_MS;

/** `COPY … (FORMAT binary)` of (timestamptz, int4, float8): three fields, each after its length. */
const ROW_BYTES = 2 + 4 + 8 + 4 + 4 + 4 + 8;
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = Buffer.from([0xff, 0xff]);
const POSTGRES_EPOCH_MS = 946_684_800_000;

/** What the database holds now; times in epoch milliseconds. */
export interface History {
  /** The end of the samples: a whole 10 s, not after now. */
  readonly endMs: number;
  /** Samples that were written by this run. */
  readonly writtenRows: number;
}

/** Brings the history up to now: 3 days at 10 s and 27 days before at a minute, or what is missing at its end. */
export async function fillHistory({ pool }: Engine): Promise<History> {
  const seriesIds = await createSeries(pool);
  const endMs = Math.floor(Date.now() / STEP_MS) * STEP_MS;
  const { rows } = await pool.query<{ ms: number | null }>(
    `SELECT extract(epoch FROM max(time))::float8 * 1000 AS ms FROM samples WHERE series_id = $1`,
    [seriesIds[0]],
  );
  const newestMs = rows[0]!.ms;
  let fromMs = newestMs === null ? Math.ceil((endMs - HISTORY_MS) / HOUR_MS) * HOUR_MS : newestMs + STEP_MS;
  const denseMs = newestMs ?? Math.ceil((endMs - DENSE_MS) / HOUR_MS) * HOUR_MS;
  let writtenRows = 0;
  const client = await pool.connect();
  while (fromMs < endMs) {
    const toMs = Math.min((Math.floor(fromMs / HOUR_MS) + 1) * HOUR_MS, endMs);
    const block = encodeBlock(seriesIds, fromMs, toMs, fromMs < denseMs ? MINUTE_MS : STEP_MS);
    const copy = client.query(copyFrom('COPY samples (time, series_id, value) FROM STDIN (FORMAT binary)'));
    for (const part of [HEADER, block, TRAILER]) if (!copy.write(part)) await once(copy, 'drain');
    copy.end();
    await finished(copy);
    writtenRows += block.length / ROW_BYTES;
    fromMs = toMs;
  }
  client.release();
  return { endMs, writtenRows };
}

/** @returns the ids, all metrics of a host after one another */
async function createSeries(pool: Engine['pool']): Promise<number[]> {
  await pool.query(
    `INSERT INTO series (metric_name, host) SELECT metric, 'host-' || host
       FROM generate_series(1, $1::int) AS host, unnest($2::text[]) AS metric
       ORDER BY host, metric ON CONFLICT DO NOTHING`,
    [HOSTS, METRICS],
  );
  const { rows } = await pool.query<{ id: number }>(
    'SELECT id FROM series WHERE metric_name = ANY ($1::text[]) ORDER BY id',
    [METRICS],
  );
  return rows.map(({ id }) => id);
}

/** All samples of all series in a stretch of time, in the order in which they would have come. */
function encodeBlock(seriesIds: readonly number[], fromMs: number, toMs: number, stepMs: number): Buffer {
  const steps = Math.ceil((toMs - fromMs) / stepMs);
  const block = Buffer.alloc(steps * seriesIds.length * ROW_BYTES);
  const times = new Float64Array(steps);
  const values = new Float64Array(steps);
  for (const [i, seriesId] of seriesIds.entries()) {
    const metric = SYNTHETIC_METRICS[(i % METRICS.length) % SYNTHETIC_METRICS.length]!;
    fillSynthetic({ seed: i, host: `host-${i}`, metric }, fromMs, stepMs, times, values);
    for (let step = 0; step < steps; step++) {
      let offset = (step * seriesIds.length + i) * ROW_BYTES;
      offset = block.writeInt16BE(3, offset);
      offset = block.writeInt32BE(8, offset);
      offset = block.writeBigInt64BE(BigInt(times[step]! - POSTGRES_EPOCH_MS) * 1000n, offset);
      offset = block.writeInt32BE(4, offset);
      offset = block.writeInt32BE(seriesId, offset);
      offset = block.writeInt32BE(8, offset);
      block.writeDoubleBE(values[step]!, offset);
    }
  }
  return block;
}
