import type { DecodingContext } from '../../src/ingest/decoding-context.ts';
import { type Rejection, SampleBatch } from '../../src/ingest/sample-batch.ts';
import { SeriesRegistry } from '../../src/ingest/series-registry.ts';

/** When the requests of tests are received. */
export const RECEIVED_MS = Date.UTC(2026, 0, 31);
/** The oldest time that they may hold. */
export const OLDEST_MS = Date.UTC(2026, 0, 1);

/** A sample that a decoder took. */
export interface DecodedSample {
  readonly metric_name: string;
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly unit?: string | undefined;
  readonly kind?: string | undefined;
  readonly timeMs: number;
  readonly value: number;
}

/** What a decoder made of a request. */
export interface Decoded {
  readonly samples: DecodedSample[];
  readonly rejections: readonly Rejection[];
  readonly ignored: number;
  readonly batch: SampleBatch;
}

/** Runs a decoder on a batch of its own, as the ingest does. */
export function decoding(
  decode: (context: DecodingContext) => void,
  registry: SeriesRegistry = new SeriesRegistry(),
): Decoded {
  const batch = new SampleBatch({ oldestMs: OLDEST_MS, newestMs: RECEIVED_MS + 86_400_000 });
  decode({ batch, registry, receivedMs: RECEIVED_MS });
  const samples = batch.series.map(({ identity }, row) => ({
    metric_name: identity.metricName,
    host: identity.host,
    labels: identity.labels,
    unit: identity.unit,
    kind: identity.kind,
    timeMs: batch.times[row]!,
    value: batch.values[row]!,
  }));
  return { samples, rejections: batch.rejections, ignored: batch.ignored, batch };
}
