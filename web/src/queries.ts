import { queryOptions } from '@tanstack/react-query';
import { client } from './client.ts';

const CATALOGUE_MS = 15_000;
const CARD_MS = 5_000;
const CARD_POINTS = 90;
/** While there is nothing yet, new things are looked for more often. */
const EMPTY_MS = 1_000;

/** What there is: metrics, hosts, and how the server is doing. */
export const catalogue = {
  metrics: queryOptions({
    queryKey: ['metrics'],
    queryFn: ({ signal }) => client.metrics.query(undefined, { signal }),
    refetchInterval: ({ state }) => (state.data?.metrics.length ? CATALOGUE_MS : EMPTY_MS),
  }),
  hosts: queryOptions({
    queryKey: ['hosts'],
    queryFn: ({ signal }) => client.hosts.query(undefined, { signal }),
    refetchInterval: ({ state }) => (state.data?.hosts.length ? CARD_MS : EMPTY_MS),
  }),
  status: queryOptions({
    queryKey: ['status'],
    queryFn: ({ signal }) => client.status.query(undefined, { signal }),
    refetchInterval: CARD_MS,
  }),
};

/** The last hour of a metric over all hosts, for a card. */
export function cardSeries(metric: string) {
  return queryOptions({
    queryKey: ['card', metric],
    queryFn: ({ signal }) =>
      client.series.query({ metric_name: metric, start: '1h', points: CARD_POINTS }, { signal }),
    refetchInterval: ({ state }) => (state.data && state.data.data.length < 3 ? EMPTY_MS : CARD_MS),
  });
}
