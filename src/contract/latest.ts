import { z } from 'zod';
import { Host, Labels, Match, MetricName } from './names.ts';

/** What `latest` is asked: the newest sample of one metric. */
export const LatestInput = z.strictObject({
  metric_name: MetricName,
  host: Host.optional().describe('One host; every host where it is left out').meta({ example: 'web-1' }),
  match: Match.optional()
    .describe(
      'Label matchers, label=value; every one must hold. An empty value matches series without the label',
    )
    .meta({ example: ['mount=/var'] }),
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
