import type { inferRouterOutputs } from '@trpc/server';
import { type AppRouter, createMetricsClient } from '../../src/client.ts';

const KEPT_AS = 'api-key';
const apiKey = localStorage.getItem(KEPT_AS);

/** The client that every part of the page asks; the server is where the page comes from. */
export const client = createMetricsClient({ url: location.origin, ...(apiKey !== null && { apiKey }) });

/** Keeps an API key in this browser and begins anew with it. */
export function keepApiKey(key: string): void {
  localStorage.setItem(KEPT_AS, key);
  location.reload();
}

/** What each procedure answers. */
export type RouterOutputs = inferRouterOutputs<AppRouter>;
