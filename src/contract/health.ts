import { z } from 'zod';

/** What `/healthz` answers while the process runs. */
export const HealthAnswer = z.object({ status: z.literal('alive') });
export type HealthAnswer = z.output<typeof HealthAnswer>;

/** What `/readyz` answers: whether requests can be served. */
export const ReadyAnswer = z.object({
  ready: z.boolean(),
  missing: z.array(z.string()).describe('What is missing before requests can be served; empty where ready'),
});
export type ReadyAnswer = z.output<typeof ReadyAnswer>;
