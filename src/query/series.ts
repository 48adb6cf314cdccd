import { parseMatchers } from '../contract/names.ts';
import { Points } from '../contract/points.ts';
import type { SeriesAnswer, SeriesInput } from '../contract/series.ts';
import { commonBucketMs } from '../domain/common-bucket.ts';
import { planTier, type Retention } from '../domain/tier.ts';
import { resolveRange } from '../domain/time-range.ts';
import type { Downsampling } from '../downsampling/downsampling.ts';
import { readColumns } from '../store/read-columns.ts';
import type { QueryOptions } from './questions.ts';
import type { ReadTurns } from './read-turns.ts';
import type { Reads } from './reads.ts';
import { requireSeries } from './require-series.ts';
import { Timings } from './timings.ts';

/** What {@link querySeries} needs to know besides the question. */
export interface SeriesQuerySettings {
  readonly retention: Retention;
  /** More rows than this are refused. */
  readonly maxRawRows: number;
  readonly nowMs: () => number;
}

/** The parts that {@link querySeries} joins. */
export interface SeriesQueryParts {
  readonly reads: Reads;
  readonly downsampling: Downsampling;
  readonly readTurns: ReadTurns;
  readonly settings: SeriesQuerySettings;
}

/**
 * Answers one chart: resolves the range, plans the tier, reads columns and downsamples them.
 * @throws HyperdashError BAD_REQUEST for an empty range or too many rows, NOT_FOUND where no series matches,
 *   SERVICE_UNAVAILABLE where the database fails or too much is under way
 */
export async function querySeries(
  { reads, downsampling, readTurns, settings }: SeriesQueryParts,
  input: SeriesInput,
  { signal, timings = new Timings() }: QueryOptions = {},
): Promise<SeriesAnswer> {
  const { metric_name, host, aggregate, points, resolution, match = [] } = input;
  const nowMs = settings.nowMs();
  const range = resolveRange(input.start, input.end, nowMs);
  const rangeMs = range.toMs - range.fromMs;
  const plan = await timings.measure('plan', () =>
    planTier({ ...range, nowMs, points, resolution }, settings.retention),
  );
  const selector = { metricName: metric_name, host, matchers: parseMatchers(match) };
  const seriesIds = await timings.measure('database', () =>
    reads.run((engine) => requireSeries(engine, selector), signal),
  );
  const pooledRaw = plan.resolution === 'raw' && seriesIds.length > 1;
  const bucketMs = pooledRaw ? commonBucketMs(rangeMs, points) : plan.bucketMs;
  const read = async () => {
    const { resolution } = plan;
    const { maxRawRows: maxRows } = settings;
    const question = { resolution, seriesIds, range, aggregate, bucketMs, maxRows };
    const segments = await timings.measure('database', () =>
      reads.run((engine) => readColumns(engine, question, signal), signal),
    );
    const job = { segments, n: points, gaps: { bucketMs, rangeMs } };
    return timings.measure('downsample', () => downsampling.run(job, signal));
  };
  const extent = { rangeMs, bucketMs: plan.bucketMs, seriesCount: seriesIds.length };
  const { times, values, gapMs, rows } = await readTurns.run(extent, read, signal);
  timings.plan = {
    tier: plan.source,
    reason: plan.reason,
    series: seriesIds.length,
    rangeSeconds: rangeMs / 1000,
    rows,
  };
  return {
    metric_name,
    start: input.start,
    end: input.end ?? null,
    host: host ?? null,
    from: new Date(range.fromMs),
    to: new Date(range.toMs),
    points_requested: points,
    points_returned: times.length,
    data_source: plan.source,
    bucket_ms: bucketMs,
    gap_ms: gapMs,
    reason: plan.reason,
    data: new Points(times, values),
  };
}
