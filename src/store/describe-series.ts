import type { Engine } from '../engine/engine.ts';
import { asking } from './store-error.ts';

/** The names of a series. */
export interface SeriesRow {
  readonly id: number;
  readonly metric_name: string;
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
}

const SQL = 'SELECT id, metric_name, host, labels FROM series WHERE id = ANY ($1::int[])';

/** The names of the series with these ids, in any order; those that are not there are left out. */
export function describeSeries(engine: Engine, ids: readonly number[]): Promise<SeriesRow[]> {
  return asking(async () => {
    const { rows } = await engine.pool.query<SeriesRow>({
      name: 'describe-series',
      text: SQL,
      values: [ids],
    });
    return rows;
  });
}
