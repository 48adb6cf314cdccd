import { MetricsAnswer } from '../contract/metrics.ts';
import { procedure } from './trpc.ts';

/** Every metric, with its unit and how many hosts and series it has. */
export const metrics = procedure
  .meta({ rest: { method: 'GET', path: '/api/metrics', summary: 'Every metric' } })
  .output(MetricsAnswer)
  .query(({ ctx: { queries, timings } }) => queries.metrics({ timings }));
