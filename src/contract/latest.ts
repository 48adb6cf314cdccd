import { z } from 'zod';
import { Labels } from './names.ts';
import { SeriesSelection } from './series-selection.ts';

/** What `latest` is asked: the newest sample of one metric. */
export const LatestInput = z.strictObject({
  ...SeriesSelection,
});
export type LatestInput = z.output<typeof LatestInput>;

/** What `latest` answers: the newest sample of all matched series. */
export const LatestAnswer = z.object({
  metric_name: z.string(),
  host: z.string(),
  labels: Labels,
  time: z.date(),
  value: z.number(),
});
export type LatestAnswer = z.output<typeof LatestAnswer>;
