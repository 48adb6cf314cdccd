import { Host, Match, MetricName } from './names.ts';

/** The fields of a question that say which series of one metric are meant. */
export const SeriesSelection = {
  metric_name: MetricName,
  host: Host.optional().describe('One host; every host where it is left out').meta({ example: 'web-1' }),
  match: Match.optional()
    .describe(
      'Label matchers, label=value; every one must hold. An empty value matches series without the label',
    )
    .meta({ example: ['mount=/var'] }),
};
