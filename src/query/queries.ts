import type { HostsAnswer } from '../contract/hosts.ts';
import type { LatestAnswer, LatestInput } from '../contract/latest.ts';
import type { MatrixAnswer, MatrixInput } from '../contract/matrix.ts';
import type { MetricsAnswer } from '../contract/metrics.ts';
import type { SeriesAnswer, SeriesInput } from '../contract/series.ts';
import type { Downsampling } from '../downsampling/downsampling.ts';
import type { Engine } from '../engine/engine.ts';
import { listHosts } from '../store/hosts.ts';
import { listMetrics } from '../store/metrics.ts';
import { queryLatest } from './latest.ts';
import { queryMatrix } from './matrix.ts';
import { querySeries, type SeriesQuerySettings } from './series.ts';

/** Everything that can be asked; each throws HyperdashError alone. */
export interface Queries {
  series(input: SeriesInput, signal?: AbortSignal): Promise<SeriesAnswer>;
  matrix(input: MatrixInput, signal?: AbortSignal): Promise<MatrixAnswer>;
  latest(input: LatestInput): Promise<LatestAnswer>;
  hosts(): Promise<HostsAnswer>;
  metrics(): Promise<MetricsAnswer>;
}

/** The queries over one engine; large answers are downsampled in the pool given. */
export function createQueries(
  engine: Engine,
  downsampling: Downsampling,
  settings: SeriesQuerySettings,
): Queries {
  return {
    series: (input, signal) => querySeries({ engine, downsampling, settings }, input, signal),
    matrix: (input, signal) => queryMatrix(engine, settings, input, signal),
    latest: (input) => queryLatest(engine, input),
    hosts: async () => ({ hosts: await listHosts(engine) }),
    metrics: async () => ({ metrics: await listMetrics(engine) }),
  };
}
