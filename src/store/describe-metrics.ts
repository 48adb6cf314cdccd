import type { Engine } from '../engine/engine.ts';
import { asking } from './store-error.ts';

const DESCRIBE = `
  UPDATE series SET unit = coalesce(wanted.unit, series.unit), kind = coalesce(wanted.kind, series.kind)
  FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (metric_name, unit, kind)
  WHERE series.metric_name = wanted.metric_name
    AND (coalesce(wanted.unit, series.unit), coalesce(wanted.kind, series.kind))
      IS DISTINCT FROM (series.unit, series.kind)`;

/** Writes unit and kind to every series of each metric; what is undefined stays as it is. */
export function describeMetrics(
  engine: Engine,
  metrics: readonly {
    readonly metricName: string;
    readonly unit: string | undefined;
    readonly kind: string | undefined;
  }[],
): Promise<void> {
  return asking(async () => {
    await engine.pool.query(DESCRIBE, [
      metrics.map(({ metricName }) => metricName),
      metrics.map(({ unit }) => unit ?? null),
      metrics.map(({ kind }) => kind ?? null),
    ]);
  });
}
