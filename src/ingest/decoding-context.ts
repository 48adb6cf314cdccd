import type { SampleBatch } from './sample-batch.ts';
import type { SeriesRegistry } from './series-registry.ts';

/** What a decoder works with besides the request. */
export interface DecodingContext {
  readonly batch: SampleBatch;
  readonly registry: SeriesRegistry;
  /** When the request came, epoch milliseconds: the time of samples that have none. */
  readonly receivedMs: number;
}
