import { z } from 'zod';
import { AlignedSeries } from './aligned-series.ts';
import { Host } from './names.ts';
import { SeriesAnswer, SeriesInput } from './series.ts';

export const MATRIX_SERIES_MAX = 100;
export const MATRIX_SERIES_DEFAULT = 50;

/** What `matrix` is asked: the series of one metric, each on its own, over a half-open range `[start, end)`. */
export const MatrixInput = SeriesInput.extend({
  host: z
    .array(Host)
    .max(MATRIX_SERIES_MAX, `at most ${MATRIX_SERIES_MAX} hosts`)
    .optional()
    .describe('Hosts that the series come from; every host where it is left out')
    .meta({ example: ['web-1', 'web-2'] }),
  group_by: z
    .enum(['series', 'host'])
    .default('series')
    .describe('What becomes one line: each label set of a host, or all that a host has together')
    .meta({ example: 'host' }),
  limit: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(MATRIX_SERIES_MAX, `must be at most ${MATRIX_SERIES_MAX}`)
    .default(MATRIX_SERIES_DEFAULT)
    .describe('Largest number of lines to return, the first by host and labels')
    .meta({ example: 20 }),
});
export type MatrixInput = z.output<typeof MatrixInput>;

/** What `matrix` answers: lines that share their times. */
export const MatrixAnswer = SeriesAnswer.omit({ host: true, gap_ms: true, data: true }).extend({
  host: z.array(z.string()).nullable().describe('As it was asked; null for every host'),
  points_returned: z.int().describe('Number of times, the rows of a gap included'),
  series_matched: z.int().describe('Number of lines there are; more than in data where limit left some out'),
  took_ms: z.number().describe('Time that the server took, in milliseconds'),
  data: z
    .instanceof(AlignedSeries)
    .describe('Times, and of each line values with the least and greatest of what each stands for'),
});
export type MatrixAnswer = z.output<typeof MatrixAnswer>;
