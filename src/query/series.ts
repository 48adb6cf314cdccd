import { parseMatchers } from '../contract/names.ts';
import { Points } from '../contract/points.ts';
import type { SeriesAnswer, SeriesInput } from '../contract/series.ts';
import { commonBucketMs } from '../domain/common-bucket.ts';
import { planTier, type Retention } from '../domain/tier.ts';
import { resolveRange } from '../domain/time-range.ts';
import type { Downsampling } from '../downsampling/downsampling.ts';
import type { DownsamplingResult } from '../downsampling/job.ts';
import { type ColumnsQuestion, readColumns } from '../store/read-columns.ts';
import type { AnswerCache, Computing } from './cache/answer-cache.ts';
import type { QueryOptions } from './questions.ts';
import type { ReadTurns } from './read-turns.ts';
import type { Reads } from './reads.ts';
import { requireSeries } from './require-series.ts';
import { readPlan, Timings } from './timings.ts';

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
  readonly cache: AnswerCache;
  readonly settings: SeriesQuerySettings;
}

/**
 * Answers one chart: resolves the range, plans the tier, reads columns and downsamples them.
 * @throws HyperdashError BAD_REQUEST for an empty range or too many rows, NOT_FOUND where no series matches,
 *   SERVICE_UNAVAILABLE where the database fails or too much is under way
 */
export async function querySeries(
  parts: SeriesQueryParts,
  input: SeriesInput,
  { signal, timings = new Timings() }: QueryOptions = {},
): Promise<SeriesAnswer> {
  const { reads, cache, settings } = parts;
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
  const extent = { rangeMs, bucketMs: plan.bucketMs, seriesCount: seriesIds.length };
  const asked = readPlan(plan, extent);
  timings.plan = asked;
  const question = {
    resolution: plan.resolution,
    seriesIds,
    range,
    aggregate,
    bucketMs,
    maxRows: settings.maxRawRows,
  };
  const compute = async (computing: Computing) => {
    const work = () => computeSeries(parts, question, points, computing, timings);
    const { rows, times, values, gapMs } = await parts.readTurns.run(extent, work, computing.signal);
    timings.plan = { ...asked, rows };
    return { columns: [times, values], facts: { gapMs } };
  };
  const { columns, facts } = await cache.answer(
    {
      past: { resolution: plan.resolution, range, retentionMs: settings.retention[plan.resolution] },
      extent,
      key: ['series', seriesIds, aggregate, points, bucketMs],
      nowMs,
    },
    compute,
    { signal, timings },
  );
  const data = new Points(columns[0]!, columns[1]!);
  return {
    metric_name,
    start: input.start,
    end: input.end ?? null,
    host: host ?? null,
    from: new Date(range.fromMs),
    to: new Date(range.toMs),
    points_requested: points,
    points_returned: data.length,
    data_source: plan.source,
    bucket_ms: bucketMs,
    gap_ms: facts.gapMs,
    reason: plan.reason,
    data,
  };
}

async function computeSeries(
  { reads, downsampling }: SeriesQueryParts,
  question: ColumnsQuestion,
  points: number,
  { signal, before }: Computing,
  timings: Timings,
): Promise<DownsamplingResult> {
  const { range, bucketMs } = question;
  const segments = await timings.measure('database', () =>
    reads.run((engine) => readColumns(engine, question, signal, before), signal),
  );
  const job = { segments, n: points, gaps: { bucketMs, rangeMs: range.toMs - range.fromMs } };
  return timings.measure('downsample', () => downsampling.run(job, signal));
}
