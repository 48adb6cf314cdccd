import { LatestAnswer, LatestInput } from '../contract/latest.ts';
import { procedure } from './trpc.ts';

/** The newest sample of one metric. */
export const latest = procedure
  .meta({
    rest: {
      method: 'GET',
      path: '/api/metrics/{metric_name}/latest',
      summary: 'The newest sample of a metric',
    },
  })
  .input(LatestInput)
  .output(LatestAnswer)
  .query(({ ctx: { queries, timings }, input }) => queries.latest(input, { timings }));
