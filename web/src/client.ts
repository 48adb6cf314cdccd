import type { inferRouterOutputs } from '@trpc/server';
import { type AppRouter, createMetricsClient } from '../../src/client.ts';

/** The client that every part of the page asks; the server is where the page comes from. */
export const client = createMetricsClient({ url: location.origin });

/** What each procedure answers. */
export type RouterOutputs = inferRouterOutputs<AppRouter>;
