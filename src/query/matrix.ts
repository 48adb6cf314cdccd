import { AlignedSeries } from '../contract/aligned-series.ts';
import type { MatrixAnswer, MatrixInput } from '../contract/matrix.ts';
import { parseMatchers } from '../contract/names.ts';
import { align, type LineRows } from '../domain/align.ts';
import { commonBucketMs } from '../domain/common-bucket.ts';
import type { GapContext } from '../domain/gap-rule.ts';
import { lineGapMs, thinRows } from '../domain/thin-rows.ts';
import { type Plan, planTier, type Retention, type TierRequest } from '../domain/tier.ts';
import { resolveRange } from '../domain/time-range.ts';
import type { Engine } from '../engine/engine.ts';
import { type MatrixLine, matrixLines } from '../store/matrix-lines.ts';
import { type MatrixQuestion, readMatrix } from '../store/read-matrix.ts';
import type { Computing } from './cache/answer-cache.ts';
import type { KeptAnswer } from './cache/kept-answer.ts';
import type { QueryOptions } from './questions.ts';
import type { Reads } from './reads.ts';
import { noSeries } from './require-series.ts';
import type { SeriesQueryParts } from './series.ts';
import { readPlan, Timings } from './timings.ts';

/** Rollup rows that `fit` is willing to read for one chart; with many lines it takes a coarser tier instead. */
const FIT_ROWS = 100_000;

/**
 * Answers a chart of several lines: resolves the range, plans the tier, reads the lines, aligns and downsamples them.
 * @throws HyperdashError BAD_REQUEST for an empty range or too many rows, NOT_FOUND where no series matches,
 *   SERVICE_UNAVAILABLE where the database fails
 */
export async function queryMatrix(
  parts: SeriesQueryParts,
  input: MatrixInput,
  { signal, timings = new Timings() }: QueryOptions = {},
): Promise<MatrixAnswer> {
  const beganMs = performance.now();
  const { reads, readTurns, cache, settings } = parts;
  const nowMs = settings.nowMs();
  const range = resolveRange(input.start, input.end, nowMs);
  const rangeMs = range.toMs - range.fromMs;
  const { lines, matched } = await timings.measure('database', () =>
    reads.run((engine) => requireLines(engine, input), signal),
  );
  const plan = planLines({ ...range, nowMs, ...input }, lines, settings.retention);
  const { resolution } = plan;
  const single = lines.length === 1 && lines[0]!.seriesIds.length === 1;
  const bucketMs = resolution === 'raw' && !single ? commonBucketMs(rangeMs, input.points) : plan.bucketMs;
  const ids = lines.map(({ seriesIds }) => seriesIds);
  const { aggregate, points } = input;
  const question = { resolution, lines: ids, range, aggregate, bucketMs, maxRows: settings.maxRawRows };
  const extent = { rangeMs, bucketMs: plan.bucketMs, seriesCount: ids.flat().length };
  const asked = readPlan(plan, extent);
  timings.plan = asked;
  const compute = async (computing: Computing) => {
    const read = () => readLines(reads, question, computing, timings);
    const rows = await readTurns.run(extent, read, computing.signal);
    timings.plan = { ...asked, rows: rows.times.length };
    return timings.measure('downsample', () => thinLines(rows, lines.length, points, { bucketMs, rangeMs }));
  };
  const kept = await cache.answer(
    {
      past: { resolution, range, retentionMs: settings.retention[resolution] },
      extent,
      key: ['matrix', ids, aggregate, points, bucketMs],
      nowMs,
    },
    compute,
    { signal, timings },
  );
  const data = named(lines, kept);
  return {
    metric_name: input.metric_name,
    start: input.start,
    end: input.end ?? null,
    host: input.host ?? null,
    from: new Date(range.fromMs),
    to: new Date(range.toMs),
    points_requested: points,
    points_returned: data.length,
    data_source: plan.source,
    bucket_ms: bucketMs,
    reason: plan.reason,
    series_matched: matched,
    took_ms: Math.round((performance.now() - beganMs) * 10) / 10,
    data,
  };
}

function readLines(
  reads: Reads,
  question: MatrixQuestion,
  { signal, before }: Computing,
  timings: Timings,
): Promise<LineRows> {
  return timings.measure('database', () =>
    reads.run((engine) => readMatrix(engine, question, signal, before), signal),
  );
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

interface LinesFacts {
  /** Of each line, in milliseconds. */
  readonly gapsMs: readonly number[];
  /** There are `min` and `max` beside the values of each line. */
  readonly bands: boolean;
}

/** Columns: the times, and of each line its values and, where they may differ from it, `min` and `max`. */
function thinLines(
  rows: LineRows,
  count: number,
  points: number,
  context: GapContext,
): KeptAnswer<LinesFacts> {
  const whole = align(rows, count);
  const thinned = thinRows(whole, points, context);
  const asStored = context.bucketMs === null && whole.times.length <= points;
  return {
    columns: [
      thinned.times,
      ...thinned.lines.flatMap(({ values, min, max }) => (asStored ? [values] : [values, min, max])),
    ],
    facts: {
      gapsMs: whole.lines.map((line) => lineGapMs(whole.times, line, points, context)),
      bands: !asStored,
    },
  };
}

function named(lines: readonly MatrixLine[], { columns, facts }: KeptAnswer<LinesFacts>): AlignedSeries {
  const [times, ...others] = columns;
  const width = facts.bands ? 3 : 1;
  return new AlignedSeries(
    times!,
    lines.map(({ host, labels }, l) => {
      const [values, min, max] = others.slice(l * width, (l + 1) * width);
      const gap_ms = facts.gapsMs[l]!;
      return { host, labels, gap_ms, values: values!, ...(min && max && { min, max }) };
    }),
  );
}
