// tRPC's declarations need these names, which a project's own lib may lack.
/// <reference lib="esnext.disposable" preserve="true" />
import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  splitLink,
  type TRPCClient,
  type WebSocketClientOptions,
  wsLink,
} from '@trpc/client';
import type { AppRouter } from './api/router.ts';
import { transformer } from './contract/transformer.ts';

export type { AppRouter } from './api/router.ts';
export { type AlignedColumns, AlignedSeries } from './contract/aligned-series.ts';
export { isGap } from './contract/is-gap.ts';
export type { LiveEvent, LiveGap, LiveSample } from './contract/live.ts';
export { type Point, Points } from './contract/points.ts';
export { transformer } from './contract/transformer.ts';

/** How to reach a Hyperdash server. */
export interface MetricsClientOptions {
  /** The server's address, such as `http://localhost:8000`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`; needed where the server has API keys. */
  readonly apiKey?: string;
  /** The WebSocket class; needed where there is no global one (Node before 22). */
  readonly WebSocket?: WebSocketClientOptions['WebSocket'];
}

/** A typed client: `client.series.query({ metric_name: 'cpu_usage', start: '1h' })`. */
export type MetricsClient = TRPCClient<AppRouter>;

/** A WebSocket that nobody uses any more is closed after so long, so that a program can end. */
const IDLE_CLOSE_MS = 1_000;
const PING_MS = 10_000;
const PONG_TIMEOUT_MS = 5_000;
const RETRY_MAX_MS = 30_000;

/**
 * A typed client of the server at `url`; calls made in the same tick travel in one request. Subscriptions share one
 * WebSocket, opened for the first and closed after the last; where it breaks they go on after the last event that came.
 */
export function createMetricsClient({ url, apiKey, WebSocket }: MetricsClientOptions): MetricsClient {
  const trpcUrl = new URL('trpc', url.endsWith('/') ? url : `${url}/`);
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: wsLink({ client: createWSClient(socketOptions(trpcUrl, apiKey, WebSocket)), transformer }),
        false: httpBatchLink({
          url: trpcUrl.href,
          transformer,
          ...(apiKey === undefined ? {} : { headers: { authorization: `Bearer ${apiKey}` } }),
        }),
      }),
    ],
  });
}

function socketOptions(
  trpcUrl: URL,
  apiKey: string | undefined,
  WebSocket: WebSocketClientOptions['WebSocket'],
): WebSocketClientOptions {
  const url = new URL(trpcUrl);
  url.protocol = url.protocol.replace('http', 'ws');
  return {
    url: url.href,
    // Browsers let no header be set on a WebSocket; in the URL a key would end up in logs.
    ...(apiKey !== undefined && { connectionParams: { authorization: `Bearer ${apiKey}` } }),
    lazy: { enabled: true, closeMs: IDLE_CLOSE_MS },
    keepAlive: { enabled: true, intervalMs: PING_MS, pongTimeoutMs: PONG_TIMEOUT_MS },
    retryDelayMs: backOff,
    ...(WebSocket && { WebSocket }),
  };
}

/** Doubles from half a second on; the second half of each wait is chance, so that clients do not come back all at once. */
function backOff(attempt: number): number {
  const longest = Math.min(500 * 2 ** attempt, RETRY_MAX_MS);
  return (longest / 2) * (1 + Math.random());
}
