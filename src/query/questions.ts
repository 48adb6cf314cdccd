import type { HostsAnswer } from '../contract/hosts.ts';
import type { LatestAnswer, LatestInput } from '../contract/latest.ts';
import type { MatrixAnswer, MatrixInput } from '../contract/matrix.ts';
import type { MetricsAnswer } from '../contract/metrics.ts';
import type { SeriesAnswer, SeriesInput } from '../contract/series.ts';
import type { Timings } from './timings.ts';

/** How a question is followed while it runs. */
export interface QueryOptions {
  /** Gives the question up. */
  readonly signal?: AbortSignal | undefined;
  /** Filled with where the time went. */
  readonly timings?: Timings | undefined;
}

/** Everything that can be asked; each throws HyperdashError alone. */
export interface Queries {
  series(input: SeriesInput, options?: QueryOptions): Promise<SeriesAnswer>;
  matrix(input: MatrixInput, options?: QueryOptions): Promise<MatrixAnswer>;
  /** How long an answer of `series` or `matrix` stays true, in seconds; 0 where the next may be another. */
  freshForSeconds(answer: Pick<SeriesAnswer, 'start' | 'end' | 'to'>): number;
  latest(input: LatestInput, options?: QueryOptions): Promise<LatestAnswer>;
  hosts(options?: QueryOptions): Promise<HostsAnswer>;
  metrics(options?: QueryOptions): Promise<MetricsAnswer>;
}
