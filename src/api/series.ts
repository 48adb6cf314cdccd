import { SeriesAnswer, SeriesInput } from '../contract/series.ts';
import { procedure } from './trpc.ts';

/** One metric over a range, from the tier that suits it, downsampled for a chart. */
export const series = procedure
  .meta({
    rest: {
      method: 'GET',
      path: '/api/metrics/{metric_name}',
      summary: 'One metric over a range',
      description:
        'Answers from the tier that suits the range, downsampled to at most `points` points by LTTB. ' +
        'An answer whose `start` and `end` are times in the past may be cached.',
      freshForSeconds: (answer, { queries }) => queries.freshForSeconds(answer as SeriesAnswer),
    },
  })
  .input(SeriesInput)
  .output(SeriesAnswer)
  .query(({ ctx, input, signal }) => ctx.queries.series(input, { signal, timings: ctx.timings }));
