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
  live: z
    .object({
      connections: z.int().describe('Open WebSockets and SSE streams'),
      subscriptions: z.int(),
      events: z.int().describe('Events sent'),
      dropped: z.int().describe('Samples that slow consumers did not get'),
      gaps: z.int().describe('Gaps told to subscribers'),
      replays: z.int().describe('Streams that were resumed or asked for the past'),
    })
    .describe('Live streams of this node, since it started'),
});
export type StatusAnswer = z.output<typeof StatusAnswer>;
