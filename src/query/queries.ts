import { freshForSeconds } from '../domain/freshness.ts';
import type { Downsampling } from '../downsampling/downsampling.ts';
import type { Engine } from '../engine/engine.ts';
import { listHosts } from '../store/hosts.ts';
import { listMetrics } from '../store/metrics.ts';
import type { AnswerCache } from './cache/answer-cache.ts';
import { LatestSamples } from './latest.ts';
import { queryMatrix } from './matrix.ts';
import type { Queries, QueryOptions } from './questions.ts';
import { createReadTurns } from './read-turns.ts';
import type { Reads } from './reads.ts';
import { querySeries, type SeriesQuerySettings } from './series.ts';
import { Timings } from './timings.ts';

/**
 * The queries: charts by `reads` and `cache`, what takes no time by the engine itself; large answers are downsampled in
 * the pool given.
 */
export function createQueries(
  engine: Engine,
  reads: Reads,
  cache: AnswerCache,
  downsampling: Downsampling,
  settings: SeriesQuerySettings,
): Queries {
  const parts = {
    reads,
    cache,
    downsampling,
    readTurns: createReadTurns(engine.abilities.connections),
    settings,
  };
  const latest = new LatestSamples({ engine, retentionMs: settings.retention.raw, remember: cache.enabled });
  return {
    series: (input, options) => querySeries(parts, input, options),
    matrix: (input, options) => queryMatrix(parts, input, options),
    freshForSeconds: ({ start, end, to }) =>
      freshForSeconds({
        start,
        end,
        toMs: to.getTime(),
        nowMs: settings.nowMs(),
        lateMs: settings.retention.raw,
      }),
    latest: (input, options) => inDatabase(() => latest.find(input), options),
    hosts: (options) => inDatabase(async () => ({ hosts: await listHosts(engine) }), options),
    metrics: (options) => inDatabase(async () => ({ metrics: await listMetrics(engine) }), options),
  };
}

/** Where a question is nothing but a read. */
function inDatabase<Answer>(
  read: () => Promise<Answer>,
  { timings = new Timings() }: QueryOptions = {},
): Promise<Answer> {
  return timings.measure('database', read);
}
