import type { MetricsAnswer } from '../contract/metrics.ts';
import type { Engine } from '../engine/engine.ts';
import { asking } from './store-error.ts';

const SQL = `
  SELECT metric_name, max(unit) AS unit, max(kind) AS kind,
    count(DISTINCT host)::int AS hosts, count(*)::int AS series
  FROM series GROUP BY metric_name ORDER BY metric_name`;

/** Every metric in the catalogue, by name. Where its series disagree on unit or kind, the last by alphabet stands. */
export function listMetrics(engine: Engine): Promise<MetricsAnswer['metrics']> {
  return asking(async () => (await engine.pool.query<MetricsAnswer['metrics'][number]>(SQL)).rows);
}
