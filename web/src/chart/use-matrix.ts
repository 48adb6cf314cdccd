import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { ChartState } from '../chart-state.ts';
import { client } from '../client.ts';
import { ChartRows } from './rows.ts';

const POINTS = 800;
const NARROW_POINTS = 400;
const NARROW_PX = 640;
/** How often a range that ends now is asked for again where no stream brings what is new. */
export const POLL_MS = 10_000;

/** One metric of a chart page, as the server has it. `polled` asks again and again. */
export function useMatrix(metric: string, state: ChartState, polled: boolean) {
  const { hosts, match, aggregate, by, range } = state;
  const input = {
    metric_name: metric,
    ...('span' in range ? { start: range.span } : { start: range.fromMs, end: range.toMs }),
    ...(hosts.length > 0 && { host: [...hosts] }),
    ...(match.length > 0 && { match: [...match] }),
    aggregate,
    group_by: by,
    resolution: 'fit' as const,
    points: innerWidth < NARROW_PX ? NARROW_POINTS : POINTS,
  };
  const query = useQuery({
    queryKey: ['matrix', input],
    queryFn: ({ signal }) => client.matrix.query(input, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: polled ? POLL_MS : false,
    staleTime: 'span' in range ? 0 : Number.POSITIVE_INFINITY,
  });
  const answer = query.data;
  const rows = useMemo(
    () =>
      answer && new ChartRows(answer.data, { bucketMs: answer.bucket_ms, byHost: by === 'host', aggregate }),
    [answer, by, aggregate],
  );
  return { query, answer, rows };
}
