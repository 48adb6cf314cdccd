import { SeriesAnswer, SeriesInput } from '../contract/series.ts';
import { procedure } from './trpc.ts';

/** One metric over a range, from the tier that suits it, downsampled for a chart. */
export const series = procedure
  .meta({ rest: { method: 'GET', path: '/api/metrics/{metric_name}', summary: 'One metric over a range' } })
  .input(SeriesInput)
  .output(SeriesAnswer)
  .query(({ ctx, input, signal }) => ctx.queries.series(input, signal));
