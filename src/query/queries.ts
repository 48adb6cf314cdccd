import { freshForSeconds } from '../domain/freshness.ts';
import type { Engine } from '../engine/engine.ts';
import { listHosts } from '../store/hosts.ts';
import { listMetrics } from '../store/metrics.ts';
import { queryLatest } from './latest.ts';
import type { Queries } from './questions.ts';
import { querySeries, type SeriesQuerySettings } from './series.ts';

/** The queries over one engine. */
export function createQueries(engine: Engine, settings: SeriesQuerySettings): Queries {
  return {
    series: (input, options) => querySeries(engine, settings, input, options),
    freshForSeconds: ({ start, end, to }) =>
      freshForSeconds({
        start,
        end,
        toMs: to.getTime(),
        nowMs: settings.nowMs(),
        lateMs: settings.retentionMs.raw,
      }),
    latest: (input) => queryLatest(engine, input),
    hosts: async () => ({ hosts: await listHosts(engine) }),
    metrics: async () => ({ metrics: await listMetrics(engine) }),
  };
}
