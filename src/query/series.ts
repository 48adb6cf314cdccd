import { parseMatchers } from '../contract/names.ts';
import { Points } from '../contract/points.ts';
import type { SeriesAnswer, SeriesInput } from '../contract/series.ts';
import { commonBucketMs } from '../domain/common-bucket.ts';
import { type Plan, planTier, type Retention } from '../domain/tier.ts';
import { resolveRange } from '../domain/time-range.ts';
import type { Downsampling } from '../downsampling/downsampling.ts';
import type { Engine } from '../engine/engine.ts';
import type { SeriesSelector } from '../store/matching-series.ts';
import { type ColumnsQuestion, readColumns } from '../store/read-columns.ts';
import type { QueryOptions } from './questions.ts';
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
  readonly settings: SeriesQuerySettings;
}

/**
 * Answers one chart: resolves the range, plans the tier, reads columns and downsamples them.
 * @throws HyperdashError BAD_REQUEST for an empty range or too many rows, NOT_FOUND where no series matches,
 *   SERVICE_UNAVAILABLE where the database fails or too much is under way
 */
export async function querySeries(
  { reads, downsampling, settings }: SeriesQueryParts,
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
  const asked = { plan, range, points, aggregate, maxRows: settings.maxRawRows };
  const { columns, bucketMs, series } = await timings.measure('database', () =>
    reads.run((engine) => readChart(engine, selector, asked, signal), signal),
  );
  timings.plan = {
    tier: plan.source,
    reason: plan.reason,
    series,
    rangeSeconds: rangeMs / 1000,
    rows: columns.times.length,
  };
  const job = { ...columns, n: points, gaps: { bucketMs, rangeMs } };
  const { times, values, gapMs } = await timings.measure('downsample', () => downsampling.run(job, signal));
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

/** What is to be read, once it is known which series. */
type Asked = Pick<SeriesInput, 'points' | 'aggregate'> &
  Pick<ColumnsQuestion, 'range' | 'maxRows'> & { readonly plan: Plan };

async function readChart(engine: Engine, selector: SeriesSelector, asked: Asked, signal?: AbortSignal) {
  const { plan, range, points, aggregate, maxRows } = asked;
  const { resolution } = plan;
  const seriesIds = await requireSeries(engine, selector);
  const pooledRaw = resolution === 'raw' && seriesIds.length > 1;
  const bucketMs = pooledRaw ? commonBucketMs(range.toMs - range.fromMs, points) : plan.bucketMs;
  const question = { resolution, seriesIds, range, aggregate, bucketMs, maxRows };
  return { columns: await readColumns(engine, question, signal), bucketMs, series: seriesIds.length };
}
