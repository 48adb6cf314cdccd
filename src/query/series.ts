import { parseMatchers } from '../contract/names.ts';
import { Points } from '../contract/points.ts';
import type { Resolution } from '../contract/resolution.ts';
import type { SeriesAnswer, SeriesInput } from '../contract/series.ts';
import { commonBucketMs } from '../domain/common-bucket.ts';
import { lttb } from '../domain/lttb.ts';
import { planTier } from '../domain/tier.ts';
import { resolveRange } from '../domain/time-range.ts';
import type { Engine } from '../engine/engine.ts';
import { readColumns } from '../store/read-columns.ts';
import type { QueryOptions } from './questions.ts';
import { requireSeries } from './require-series.ts';
import { Timings } from './timings.ts';

/** What {@link querySeries} needs to know besides the question. */
export interface SeriesQuerySettings {
  /** How long each resolution is kept, in milliseconds. */
  readonly retentionMs: Readonly<Record<Resolution, number>>;
  readonly maxRawRows: number;
  readonly nowMs: () => number;
}

/**
 * Answers one chart: resolves the range, plans the tier, reads columns and downsamples them.
 * @throws HyperdashError BAD_REQUEST for an empty range or too many rows, NOT_FOUND where no series matches,
 *   SERVICE_UNAVAILABLE where the database fails
 */
export async function querySeries(
  engine: Engine,
  settings: SeriesQuerySettings,
  input: SeriesInput,
  { signal, timings = new Timings() }: QueryOptions = {},
): Promise<SeriesAnswer> {
  const nowMs = settings.nowMs();
  const range = resolveRange(input.start, input.end, nowMs);
  const plan = await timings.measure('plan', () =>
    planTier({ ...range, nowMs, points: input.points, resolution: input.resolution }, settings.retentionMs),
  );
  const seriesIds = await timings.measure('database', () =>
    requireSeries(engine, {
      metricName: input.metric_name,
      host: input.host,
      matchers: parseMatchers(input.match ?? []),
    }),
  );
  const rawBucketMs =
    plan.resolution === 'raw' && seriesIds.length > 1
      ? commonBucketMs(range.toMs - range.fromMs, input.points)
      : null;
  const question = {
    resolution: plan.resolution,
    seriesIds,
    range,
    aggregate: input.aggregate,
    rawBucketMs,
    maxRows: settings.maxRawRows,
  };
  const columns = await timings.measure('database', () => readColumns(engine, question, signal));
  const { times, values } = await timings.measure('downsample', () =>
    lttb(columns.times, columns.values, input.points),
  );
  return {
    metric_name: input.metric_name,
    start: input.start,
    end: input.end ?? null,
    host: input.host ?? null,
    from: new Date(range.fromMs),
    to: new Date(range.toMs),
    points_requested: input.points,
    points_returned: times.length,
    data_source: plan.source,
    bucket_ms: plan.bucketMs ?? rawBucketMs,
    reason: plan.reason,
    data: new Points(times, values),
  };
}
