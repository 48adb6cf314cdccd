// tRPC's declarations need these names, which a project's own lib may lack.
/// <reference lib="esnext.disposable" preserve="true" />
import { createTRPCClient, httpBatchLink, type TRPCClient } from '@trpc/client';
import type { AppRouter } from './api/router.ts';
import { transformer } from './contract/transformer.ts';

export type { AppRouter } from './api/router.ts';
export { type AlignedColumns, AlignedSeries } from './contract/aligned-series.ts';
export { type Point, Points } from './contract/points.ts';
export { transformer } from './contract/transformer.ts';

/** How to reach a Hyperdash server. */
export interface MetricsClientOptions {
  /** The server's address, such as `http://localhost:8000`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`; needed where the server has API keys. */
  readonly apiKey?: string;
}

/** A typed client: `client.series.query({ metric_name: 'cpu_usage', start: '1h' })`. */
export type MetricsClient = TRPCClient<AppRouter>;

/** A typed client of the server at `url`; calls made in the same tick travel in one request. */
export function createMetricsClient({ url, apiKey }: MetricsClientOptions): MetricsClient {
  return createTRPCClient<AppRouter>({
    links: [
      httpBatchLink({
        url: new URL('trpc', url.endsWith('/') ? url : `${url}/`).href,
        transformer,
        ...(apiKey === undefined ? {} : { headers: { authorization: `Bearer ${apiKey}` } }),
      }),
    ],
  });
}
