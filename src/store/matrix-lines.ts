import type { Labels } from '../contract/names.ts';
import type { Engine } from '../engine/engine.ts';
import { asking } from './store-error.ts';

/** What becomes one line of a chart: a series, or all series of a host. */
export interface MatrixLine {
  readonly host: string;
  /** Empty where the line is a whole host. */
  readonly labels: Labels;
  readonly seriesIds: readonly number[];
}

/** Which lines. */
export interface LinesQuestion {
  readonly metricName: string;
  /** Every host where it is undefined. */
  readonly hosts?: readonly string[] | undefined;
  readonly matchers: ReadonlyArray<readonly [label: string, value: string]>;
  readonly byHost: boolean;
  /** Lines to give, the first by host and labels. */
  readonly limit: number;
}

const SQL = `
  SELECT host, CASE WHEN $5 THEN '{}' ELSE labels END AS labels, array_agg(id ORDER BY id) AS "seriesIds",
    count(*) OVER ()::int AS matched
  FROM series
  WHERE metric_name = $1 AND ($2::text[] IS NULL OR host = ANY ($2))
    AND NOT EXISTS (
      SELECT FROM unnest($3::text[], $4::text[]) AS matcher (label, value)
      WHERE coalesce(labels ->> matcher.label, '') <> matcher.value)
  GROUP BY 1, 2 ORDER BY 1, 2 LIMIT $6`;

/** The lines that match, by host and labels, and how many there are without the limit. */
export function matrixLines(
  engine: Engine,
  { metricName, hosts, matchers, byHost, limit }: LinesQuestion,
): Promise<{ readonly lines: readonly MatrixLine[]; readonly matched: number }> {
  return asking(async () => {
    const { rows } = await engine.pool.query<MatrixLine & { matched: number }>(SQL, [
      metricName,
      hosts ?? null,
      matchers.map(([label]) => label),
      matchers.map(([, value]) => value),
      byHost,
      limit,
    ]);
    return { lines: rows.map(({ matched: _, ...line }) => line), matched: rows[0]?.matched ?? 0 };
  });
}
