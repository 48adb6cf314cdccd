import { z } from 'zod';

/** Every metric in the catalogue, by name. */
export const MetricsAnswer = z.object({
  metrics: z.array(
    z.object({
      metric_name: z.string(),
      unit: z.string().nullable().describe('Unit, such as percent or bytes; null where no sender said'),
      kind: z.string().nullable().describe('Kind, such as gauge or counter; null where no sender said'),
      hosts: z.int().describe('Number of hosts'),
      series: z.int().describe('Number of series'),
    }),
  ),
});
export type MetricsAnswer = z.output<typeof MetricsAnswer>;
