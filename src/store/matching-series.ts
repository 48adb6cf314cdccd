import type { Engine } from '../engine/engine.ts';
import { asking } from './store-error.ts';

/** Which series: a metric, and optionally one host and label matchers that must all hold. */
export interface SeriesSelector {
  readonly metricName: string;
  readonly host?: string | undefined;
  readonly matchers: ReadonlyArray<readonly [label: string, value: string]>;
}

/** The condition that a row of `series` matches; its parameters `$1` to `$4` are {@link selectorParameters}. */
export const IS_SELECTED = `
  metric_name = $1 AND ($2::text IS NULL OR host = $2)
    AND NOT EXISTS (
      SELECT FROM unnest($3::text[], $4::text[]) AS matcher (label, value)
      WHERE coalesce(labels ->> matcher.label, '') <> matcher.value)`;

/** The parameters of {@link IS_SELECTED}. */
export function selectorParameters({ metricName, host, matchers }: SeriesSelector): unknown[] {
  return [metricName, host ?? null, matchers.map(([label]) => label), matchers.map(([, value]) => value)];
}

const SQL = `SELECT id FROM series WHERE ${IS_SELECTED} ORDER BY id`;

/** The ids of the series that match, ascending; empty where none does. */
export function matchingSeries(engine: Engine, selector: SeriesSelector): Promise<number[]> {
  return asking(async () => {
    const { rows } = await engine.pool.query<{ id: number }>({
      name: 'matching-series',
      text: SQL,
      values: selectorParameters(selector),
    });
    return rows.map(({ id }) => id);
  });
}
