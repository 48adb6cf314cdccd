import { AlignedSeries } from '../contract/aligned-series.ts';
import type { MatrixAnswer, MatrixInput } from '../contract/matrix.ts';
import { parseMatchers } from '../contract/names.ts';
import { type Aligned, align } from '../domain/align.ts';
import { commonBucketMs } from '../domain/common-bucket.ts';
import type { GapContext } from '../domain/gap-rule.ts';
import { lineGapMs, thinRows } from '../domain/thin-rows.ts';
import { type Plan, planTier, type Retention, type TierRequest } from '../domain/tier.ts';
import { resolveRange } from '../domain/time-range.ts';
import type { Engine } from '../engine/engine.ts';
import { type MatrixLine, matrixLines } from '../store/matrix-lines.ts';
import { readMatrix } from '../store/read-matrix.ts';
import type { QueryOptions } from './questions.ts';
import { noSeries } from './require-series.ts';
import type { SeriesQueryParts } from './series.ts';
import { Timings } from './timings.ts';

/** Rollup rows that `fit` is willing to read for one chart; with many lines it takes a coarser tier instead. */
const FIT_ROWS = 100_000;

/**
 * Answers a chart of several lines: resolves the range, plans the tier, reads the lines, aligns and downsamples them.
 * @throws HyperdashError BAD_REQUEST for an empty range or too many rows, NOT_FOUND where no series matches,
 *   SERVICE_UNAVAILABLE where the database fails
 */
export async function queryMatrix(
  { reads, readTurns, settings }: SeriesQueryParts,
  input: MatrixInput,
  { signal, timings = new Timings() }: QueryOptions = {},
): Promise<MatrixAnswer> {
  const beganMs = performance.now();
  const nowMs = settings.nowMs();
  const range = resolveRange(input.start, input.end, nowMs);
  const rangeMs = range.toMs - range.fromMs;
  const { lines, matched } = await timings.measure('database', () =>
    reads.run((engine) => requireLines(engine, input), signal),
  );
  const plan = planLines({ ...range, nowMs, ...input }, lines, settings.retention);
  const single = lines.length === 1 && lines[0]!.seriesIds.length === 1;
  const needsBuckets = plan.resolution === 'raw' && !single;
  const bucketMs = needsBuckets ? commonBucketMs(rangeMs, input.points) : plan.bucketMs;
  const question = {
    resolution: plan.resolution,
    lines: lines.map(({ seriesIds }) => seriesIds),
    range,
    aggregate: input.aggregate,
    bucketMs,
    maxRows: settings.maxRawRows,
  };
  const extent = { rangeMs, bucketMs: plan.bucketMs, seriesCount: question.lines.flat().length };
  const read = () =>
    timings.measure('database', () => reads.run((engine) => readMatrix(engine, question, signal), signal));
  const rows = await readTurns.run(extent, read, signal);
  timings.plan = {
    tier: plan.source,
    reason: plan.reason,
    series: extent.seriesCount,
    rangeSeconds: rangeMs / 1000,
    rows: rows.times.length,
  };
  const context = { bucketMs, rangeMs };
  const { whole, thinned } = await timings.measure('downsample', () => {
    const aligned = align(rows, lines.length);
    return { whole: aligned, thinned: thinRows(aligned, input.points, context) };
  });
  const asStored = bucketMs === null && whole.times.length <= input.points;
  return {
    metric_name: input.metric_name,
    start: input.start,
    end: input.end ?? null,
    host: input.host ?? null,
    from: new Date(range.fromMs),
    to: new Date(range.toMs),
    points_requested: input.points,
    points_returned: thinned.times.length,
    data_source: plan.source,
    bucket_ms: bucketMs,
    reason: plan.reason,
    series_matched: matched,
    took_ms: Math.round((performance.now() - beganMs) * 10) / 10,
    data: named(lines, whole, thinned, input.points, context, asStored),
  };
}

async function requireLines(engine: Engine, input: MatrixInput) {
  const selector = { metricName: input.metric_name, matchers: parseMatchers(input.match ?? []) };
  const found = await matrixLines(engine, {
    ...selector,
    hosts: input.host,
    byHost: input.group_by === 'host',
    limit: input.limit,
  });
  if (found.lines.length === 0) throw noSeries({ ...selector, host: input.host?.join(', ') });
  return found;
}

/** `fit` goes by the rows of all lines together: it wants fewer points until they are few enough. */
function planLines(request: TierRequest, lines: readonly MatrixLine[], retention: Retention): Plan {
  const series = lines.reduce((sum, { seriesIds }) => sum + seriesIds.length, 0);
  const plan = planTier(request, retention);
  if (request.resolution !== 'fit' || plan.bucketMs === null || request.points < 4) return plan;
  const rows = ((request.toMs - request.fromMs) / plan.bucketMs) * series;
  if (rows <= FIT_ROWS) return plan;
  return planLines({ ...request, points: Math.floor(request.points / 2) }, lines, retention);
}

function named(
  lines: readonly MatrixLine[],
  whole: Aligned,
  thinned: Aligned,
  points: number,
  context: GapContext,
  asStored: boolean,
): AlignedSeries {
  return new AlignedSeries(
    thinned.times,
    lines.map(({ host, labels }, l) => {
      const { values, min, max } = thinned.lines[l]!;
      const gap_ms = lineGapMs(whole.times, whole.lines[l]!, points, context);
      return { host, labels, gap_ms, values, ...(!asStored && { min, max }) };
    }),
  );
}
