import { z } from 'zod';

/** A problem as RFC 9457 shapes it: what REST answers instead of what was asked for. */
export const Problem = z
  .object({
    type: z
      .string()
      .describe('Which kind of problem: relative to the server, stable, and a page that explains it')
      .meta({ format: 'uri-reference' }),
    title: z.string().describe('The kind in words'),
    status: z.int().min(400).max(599).describe('The HTTP status, again'),
    detail: z.string().describe('What went wrong this time'),
    instance: z.string().describe('The path of the request that failed'),
    errors: z
      .array(
        z.object({
          field: z.string().describe('Path of a field of the request, such as samples[3].value'),
          reason: z.string().describe('What is wrong with it'),
        }),
      )
      .describe('The faulty fields; empty where the problem is not with a field'),
  })
  .meta({
    example: {
      type: '/errors/bad-request',
      title: 'Bad Request',
      status: 400,
      detail: 'points: must be at least 2',
      instance: '/api/metrics/cpu_usage',
      errors: [{ field: 'points', reason: 'must be at least 2' }],
    },
  });
export type Problem = z.output<typeof Problem>;
