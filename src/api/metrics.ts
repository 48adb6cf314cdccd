import { MetricsAnswer } from '../contract/metrics.ts';
import { procedure } from './trpc.ts';

/** Every metric, with its unit and how many hosts and series it has. */
export const metrics = procedure
  .meta({ keepsWithin: true, rest: { method: 'GET', path: '/api/metrics', summary: 'Every metric' } })
  .output(MetricsAnswer)
  .query(async ({ ctx: { queries, timings, principal } }) => {
    const { metrics: all } = await queries.metrics({ timings });
    return { metrics: all.filter(({ metric_name }) => metric_name.startsWith(principal.metricPrefix)) };
  });
