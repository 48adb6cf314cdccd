import { z } from 'zod';

/** What the program is and how its store is doing. */
export const StatusAnswer = z.object({
  version: z.string().describe("Hyperdash's version"),
  engine: z.object({
    kind: z.enum(['embedded', 'server']),
    postgres: z.string(),
    timescaledb: z.string(),
  }),
  uptime_seconds: z.number(),
});
export type StatusAnswer = z.output<typeof StatusAnswer>;
