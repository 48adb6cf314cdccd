import type { Pool } from 'pg';

/** One sample a second of one series, `bench_read` of the host `h`. */
export const RAW_HISTORY = { metric: 'bench_read', rows: 1_000_000, stepMs: 1000 } as const;

/** Fills the history where it is not there yet, and leaves it. @returns its end, epoch milliseconds */
export async function fillRawHistory(pool: Pool): Promise<number> {
  await pool.query(`INSERT INTO series (metric_name, host) VALUES ($1, 'h') ON CONFLICT DO NOTHING`, [
    RAW_HISTORY.metric,
  ]);
  const endMs = Math.floor(Date.now() / 86_400_000) * 86_400_000;
  await pool.query(
    `INSERT INTO samples (time, series_id, value)
     SELECT to_timestamp($1::float8 / 1000) - i * interval '1 s', series.id, 50 + 40 * sin(i / 5000.0) + random()
     FROM generate_series(1, $2::int) AS i, series WHERE metric_name = $3
     ON CONFLICT DO NOTHING`,
    [endMs, RAW_HISTORY.rows, RAW_HISTORY.metric],
  );
  await pool.query('ANALYZE samples');
  return endMs;
}

/** The COPY of the newest rows of the history. */
export async function copyOfRawHistory(pool: Pool, endMs: number, rows: number): Promise<string> {
  const { rows: series } = await pool.query<{ id: number }>(`SELECT id FROM series WHERE metric_name = $1`, [
    RAW_HISTORY.metric,
  ]);
  const from = new Date(endMs - rows * RAW_HISTORY.stepMs).toISOString();
  return `COPY (SELECT time, value FROM samples WHERE series_id = ${series[0]!.id}
    AND time >= '${from}' AND time < '${new Date(endMs).toISOString()}' ORDER BY 1) TO STDOUT (FORMAT binary)`;
}

/** Asks for the newest rows of the history, thinned to a thousand points. */
export function rawQuestion(endMs: number, rows: number) {
  return {
    metric_name: RAW_HISTORY.metric,
    start: endMs - rows * RAW_HISTORY.stepMs,
    end: endMs,
    points: 1000,
    resolution: 'raw',
  } as const;
}
