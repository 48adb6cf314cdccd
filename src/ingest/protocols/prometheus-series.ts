import type { DecodingContext } from '../decoding-context.ts';
import type { SeriesName, SeriesRef } from '../series-registry.ts';
import { hostOfInstance } from './host.ts';
import { endOfField, type Reader, readInt64, skipField } from './protobuf.ts';

/** `MetricType`, the same in both versions; its first, 0, says nothing. */
const KINDS = ['counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset'];

const SAMPLE_VALUE = (1 << 3) | 1;
const SAMPLE_TIMESTAMP = 2 << 3;

/** The kind of a series by the number of its type; undefined for none. */
export function kindOf(metricType: number): string | undefined {
  return KINDS[metricType - 1];
}

/** Splits `__name__` and the host off from the labels of a scraped series. */
export function nameOf(labels: Array<readonly [name: string, value: string]>): SeriesName {
  const metricName = labels.find(([label]) => label === '__name__')?.[1] ?? '';
  return { metricName, ...hostOfInstance(labels.filter(([label]) => label !== '__name__')) };
}

/** The samples of one series, gathered until all that names it has been read. */
export class SeriesSamples {
  readonly #context: DecodingContext;
  readonly #times: number[] = [];
  readonly #values: number[] = [];
  #histograms = 0;
  /** Samples of the request up to this series: what a rejection's index counts. */
  #before = 0;

  constructor(context: DecodingContext) {
    this.#context = context;
  }

  /** Reads a `Sample`; a stale marker is left out. */
  read(reader: Reader, holderEnd: number): void {
    const end = endOfField(reader, holderEnd);
    let timeMs = 0;
    let value = 0;
    let isStale = false;
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag === SAMPLE_VALUE) {
        value = reader.double();
        isStale = Number.isNaN(value) && isStaleMarker(reader.buf, reader.pos - 8);
      } else if (tag === SAMPLE_TIMESTAMP) timeMs = readInt64(reader);
      else skipField(reader, tag);
    }
    if (isStale) {
      this.#context.batch.ignored++;
      return;
    }
    this.#times.push(timeMs);
    this.#values.push(value);
  }

  /** Skips a native histogram, which will be rejected. */
  skipHistogram(reader: Reader, holderEnd: number): void {
    reader.pos = endOfField(reader, holderEnd);
    this.#histograms++;
  }

  /** Whether anything has been gathered. */
  get isEmpty(): boolean {
    return this.#times.length === 0 && this.#histograms === 0;
  }

  /** Adds what was gathered to the batch, and starts over. */
  addTo(series: SeriesRef | string): void {
    const { batch } = this.#context;
    for (let i = 0; i < this.#times.length; i++) {
      const index = this.#before + i;
      if (typeof series === 'string') batch.reject(index, 'invalid_series', series);
      else batch.add(series, this.#times[i]!, this.#values[i]!, index);
    }
    this.#before += this.#times.length;
    for (; this.#histograms > 0; this.#histograms--) {
      batch.reject(this.#before++, 'unsupported', 'native histograms are not stored');
    }
    this.#times.length = 0;
    this.#values.length = 0;
  }
}

/** Prometheus marks the end of a series with one NaN, 0x7ff0000000000002. */
function isStaleMarker(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === 2 &&
    bytes[at + 6] === 0xf0 &&
    bytes[at + 7] === 0x7f &&
    bytes.subarray(at + 1, at + 6).every((byte) => byte === 0)
  );
}
