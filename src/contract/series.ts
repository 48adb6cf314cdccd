import { z } from 'zod';
import { Points } from './points.ts';
import { Aggregate, DataSource, ResolutionChoice } from './resolution.ts';
import { SeriesSelection } from './series-selection.ts';
import { TimeExpression } from './time.ts';

export const POINTS_MIN = 2;
export const POINTS_MAX = 10_000;
export const POINTS_DEFAULT = 800;

/** What `series` is asked: one metric over a half-open range `[start, end)`. */
export const SeriesInput = z.strictObject({
  metric_name: SeriesSelection.metric_name,
  start: TimeExpression.default('1h').describe('Start of the range, inclusive').meta({ example: '7d' }),
  end: TimeExpression.optional()
    .describe('End of the range, exclusive; now where it is left out')
    .meta({ example: '2025-12-02T10:00:00Z' }),
  host: SeriesSelection.host,
  match: SeriesSelection.match,
  points: z
    .int('must be a whole number')
    .min(POINTS_MIN, `must be at least ${POINTS_MIN}`)
    .max(POINTS_MAX, `must be at most ${POINTS_MAX}`)
    .default(POINTS_DEFAULT)
    .describe('Largest number of points to return; more are downsampled by LTTB')
    .meta({ example: 400 }),
  aggregate: Aggregate.default('avg')
    .describe('How the samples of a bucket become one value, over every matched series')
    .meta({ example: 'max' }),
  resolution: ResolutionChoice.default('auto')
    .describe(
      'Which tier answers: auto goes by the length of the range, fit takes the coarsest that fills points, the others force one',
    )
    .meta({ example: 'fit' }),
});
export type SeriesInput = z.output<typeof SeriesInput>;

/** What `series` answers. */
export const SeriesAnswer = z.object({
  metric_name: z.string(),
  start: z.union([z.string(), z.number()]).describe('As it was asked'),
  end: z.union([z.string(), z.number()]).nullable().describe('As it was asked; null for now'),
  host: z.string().nullable().describe('As it was asked; null for every host'),
  from: z.date().describe('Start of the range, resolved, inclusive'),
  to: z.date().describe('End of the range, resolved, exclusive'),
  points_requested: z.int(),
  points_returned: z.int(),
  data_source: DataSource,
  bucket_ms: z.number().nullable().describe('Width of a bucket in milliseconds; null for samples as stored'),
  gap_ms: z
    .number()
    .nullable()
    .describe(
      'Neighbours further apart than this are the edges of a gap, in milliseconds; null where there can be none',
    ),
  reason: z.string().describe('Why this source answered'),
  data: z.instanceof(Points).describe('The points, times strictly ascending'),
});
export type SeriesAnswer = z.output<typeof SeriesAnswer>;
