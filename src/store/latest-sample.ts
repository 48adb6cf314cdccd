import type { LatestAnswer } from '../contract/latest.ts';
import type { Engine } from '../engine/engine.ts';
import { asking } from './store-error.ts';

// One index look-up a series: SkipScan over compressed chunks drops rows before TimescaleDB 2.29.2 (#10423).
const SQL = `
  SELECT metric_name, host, labels, newest.time, newest.value
  FROM series CROSS JOIN LATERAL (
    SELECT time, value FROM samples WHERE series_id = series.id ORDER BY time DESC LIMIT 1) AS newest
  WHERE id = ANY ($1::int[])
  ORDER BY newest.time DESC, id LIMIT 1`;

/** The newest sample of all the series given; undefined where none has one. */
export function latestSample(
  engine: Engine,
  seriesIds: readonly number[],
): Promise<LatestAnswer | undefined> {
  return asking(async () => {
    const { rows } = await engine.pool.query<LatestAnswer>({
      name: 'latest-sample',
      text: SQL,
      values: [seriesIds],
    });
    return rows[0];
  });
}
