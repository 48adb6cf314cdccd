import { MatrixAnswer, MatrixInput } from '../contract/matrix.ts';
import { procedure } from './trpc.ts';

/** The series of one metric, each on its own, at times they share. */
export const matrix = procedure
  .meta({
    rest: {
      method: 'GET',
      path: '/api/metrics/{metric_name}/matrix',
      summary: 'The series of a metric over a range, at times they share',
    },
  })
  .input(MatrixInput)
  .output(MatrixAnswer)
  .query(({ ctx, input, signal }) => ctx.queries.matrix(input, signal));
