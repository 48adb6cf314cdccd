import type { Engine } from '../engine/engine.ts';
import { asking } from './store-error.ts';

/** Which series: a metric, and optionally one host and label matchers that must all hold. */
export interface SeriesSelector {
  readonly metricName: string;
  readonly host?: string | undefined;
  readonly matchers: ReadonlyArray<readonly [label: string, value: string]>;
}

const SQL = `
  SELECT id FROM series
  WHERE metric_name = $1 AND ($2::text IS NULL OR host = $2)
    AND NOT EXISTS (
      SELECT FROM unnest($3::text[], $4::text[]) AS matcher (label, value)
      WHERE coalesce(labels ->> matcher.label, '') <> matcher.value)
  ORDER BY id`;

/** The ids of the series that match, ascending; empty where none does. */
export function matchingSeries(engine: Engine, selector: SeriesSelector): Promise<number[]> {
  return asking(async () => {
    const { rows } = await engine.pool.query<{ id: number }>({
      name: 'matching-series',
      text: SQL,
      values: [
        selector.metricName,
        selector.host ?? null,
        selector.matchers.map(([label]) => label),
        selector.matchers.map(([, value]) => value),
      ],
    });
    return rows.map(({ id }) => id);
  });
}
