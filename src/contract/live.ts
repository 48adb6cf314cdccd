import { z } from 'zod';
import { Labels } from './names.ts';
import { SeriesSelection } from './series-selection.ts';
import { TimeExpression } from './time.ts';

const EVENT_ID_MAX_LENGTH = 8_000;

/** What `live` is asked: the samples of one metric, from now on, from a time on, or from an event on. */
export const LiveInput = z.strictObject({
  ...SeriesSelection,
  since: TimeExpression.optional()
    .describe(
      'Replays the samples from this time on first; without it the newest sample of each series comes first',
    )
    .meta({ example: '5m' }),
  lastEventId: z
    .string()
    .max(EVENT_ID_MAX_LENGTH)
    .nullish()
    .describe('The id of the last event that was received: the stream goes on after it')
    .meta({ example: 'the id of an event' }),
});
export type LiveInput = z.output<typeof LiveInput>;

/** One sample, as it is committed. */
export const LiveSample = z.object({
  metric_name: z.string(),
  host: z.string(),
  labels: Labels,
  time: z.date(),
  value: z.number(),
});
export type LiveSample = z.output<typeof LiveSample>;

/** Says that samples are missing from the stream here; `series` has them. */
export const LiveGap = z.object({
  gap: z.object({
    from: z.date().nullable().describe('Committed from here on; null where it is not known'),
    to: z.date().describe('Committed until here'),
    skipped: z.int().nullable().describe('Number of samples left out; null where it is not known'),
    reason: z
      .enum(['slow_consumer', 'replay_too_large', 'not_retained'])
      .describe(
        'slow_consumer: the newest of each series follows. Otherwise a resumed stream cannot reach back to its last event',
      ),
  }),
});
export type LiveGap = z.output<typeof LiveGap>;

/** What a live stream is made of. */
export const LiveEvent = z.union([LiveSample, LiveGap]);
export type LiveEvent = z.output<typeof LiveEvent>;
