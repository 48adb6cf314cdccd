import { z } from 'zod';

/** Every host that ever sent a sample, by name. */
export const HostsAnswer = z.object({
  hosts: z.array(
    z.object({
      host: z.string(),
      series: z.int().describe('Number of series'),
      last_seen: z.date().nullable().describe('Time of the newest sample; null where none is kept'),
    }),
  ),
});
export type HostsAnswer = z.output<typeof HostsAnswer>;
