import { createTRPCClient, httpLink, loggerLink } from '@trpc/client';
import { type AppRouter, type Points, transformer } from 'hyperdash/client';

const client = createTRPCClient<AppRouter>({
  links: [loggerLink(), httpLink({ url: 'http://localhost:8000/trpc', transformer })],
});

/** uPlot takes columns as they are. */
export async function columns(metric_name: string): Promise<[Float64Array, Float64Array]> {
  const answer = await client.series.query({ metric_name, resolution: 'fit' });
  const points: Points = answer.data;
  return [points.times, points.values];
}
