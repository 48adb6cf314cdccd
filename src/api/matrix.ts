import { MatrixAnswer, MatrixInput } from '../contract/matrix.ts';
import { procedure } from './trpc.ts';

/** The series of one metric, each on its own, at times they share. */
export const matrix = procedure
  .meta({
    rest: {
      method: 'GET',
      path: '/api/metrics/{metric_name}/matrix',
      summary: 'The series of a metric over a range, at times they share',
      description:
        'Each series (or host) is a line of its own; all share their times, with null where a line has nothing. ' +
        'Where a value stands for several samples, min and max are the least and greatest of them, so that spikes stay.',
      freshForSeconds: (answer, { queries }) => queries.freshForSeconds(answer as MatrixAnswer),
    },
  })
  .input(MatrixInput)
  .output(MatrixAnswer)
  .query(({ ctx, input, signal }) => ctx.queries.matrix(input, { signal, timings: ctx.timings }));
