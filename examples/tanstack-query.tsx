import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { createMetricsClient } from 'hyperdash/client';

const client = createMetricsClient({ url: 'http://localhost:8000' });
type SeriesInput = Parameters<typeof client.series.query>[0];

/** The last hour of a metric, asked for again every ten seconds; a question that is not needed any more is given up. */
export function useSeries(input: SeriesInput) {
  return useQuery({
    queryKey: ['series', input],
    queryFn: ({ signal }) => client.series.query(input, { signal }),
    refetchInterval: 10_000,
    placeholderData: keepPreviousData,
  });
}

export function Newest({ metric_name }: { metric_name: string }) {
  const { data, error } = useSeries({ metric_name, start: '1h' });
  if (error) return <p role="alert">{error.message}</p>;
  return <p>{data ? (data.data.values.at(-1) ?? 'no samples') : '…'}</p>;
}
