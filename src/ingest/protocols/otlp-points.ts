import type { DecodingContext } from '../decoding-context.ts';
import type { Generations } from '../generations.ts';
import { UNKNOWN_HOST } from '../limits.ts';
import type { SeriesRef } from '../series-registry.ts';

/** Attributes as text, in the order they were sent. */
export type Attributes = ReadonlyArray<readonly [name: string, value: string]>;

/** What an OTLP metric says of all its data points. */
export interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly form: 'gauge' | 'sum' | 'histogram' | 'exponential histogram' | 'summary';
  /** Each point tells the change since the last one. */
  readonly isDelta: boolean;
  readonly isMonotonic: boolean;
}

/** What a data point of a histogram counts. */
export interface OtlpHistogram {
  readonly count: number;
  readonly sum: number | undefined;
  readonly bucketCounts: readonly number[];
  /** Upper bounds, inclusive; one fewer than there are buckets. */
  readonly bounds: readonly number[];
}

/** One data point: a number or, with `histogram`, counts. */
export interface OtlpPoint {
  readonly attributes: Attributes;
  readonly timeNs: number;
  /** The sender had no value: nothing is stored. */
  readonly hasNoValue: boolean;
  readonly value: number;
  readonly histogram?: OtlpHistogram;
}

/** Attributes of the resource that name the host, the first that is there. */
const HOST_ATTRIBUTES = ['host.name', 'service.instance.id', 'service.name'];
/** Attributes that describe the host, process and SDK rather than tell series apart; a new process is no new series. */
const LEFT_OUT = /^(host|os|process|telemetry)\./;

/** The bit of `flags` that says a point has no value. */
export const NO_RECORDED_VALUE = 1;

/** Adds data points of OTLP as samples; one for a resource and its scope. */
export class OtlpPoints {
  readonly #context: DecodingContext;
  readonly #keys: Generations<SeriesRef>;
  #host = UNKNOWN_HOST;
  #resource: Attributes = [];
  #scopeName = '';
  /** Data points so far: what a rejection's index counts. */
  #points = 0;

  constructor(context: DecodingContext) {
    this.#context = context;
    this.#keys = context.registry.keysOf('otlp_protobuf');
  }

  /** The resource that the points to come are of. */
  set resource(attributes: Attributes) {
    const named = HOST_ATTRIBUTES.map((name) =>
      attributes.find((attribute) => attribute[0] === name && attribute[1]),
    );
    const host = named.find((attribute) => attribute !== undefined);
    this.#host = host?.[1] ?? UNKNOWN_HOST;
    this.#resource = attributes.filter((attribute) => attribute !== host && !LEFT_OUT.test(attribute[0]));
  }

  /** The name of the instrumentation scope that the points to come are of. */
  set scope(name: string) {
    this.#scopeName = name;
  }

  add(metric: OtlpMetric, point: OtlpPoint): void {
    const { batch } = this.#context;
    const index = this.#points++;
    if (metric.form === 'exponential histogram' || metric.form === 'summary') {
      batch.reject(index, 'unsupported', `${metric.name}: a ${metric.form} is not stored`);
    } else if (point.hasNoValue) {
      batch.ignored++;
    } else if (point.histogram === undefined) {
      this.#addSample(metric, metric.name, point, point.value, index);
    } else {
      this.#addHistogram(metric, point, point.histogram, index);
    }
  }

  #addHistogram(metric: OtlpMetric, point: OtlpPoint, histogram: OtlpHistogram, index: number): void {
    const { count, sum, bucketCounts, bounds } = histogram;
    if (bucketCounts.length > 0 && bucketCounts.length !== bounds.length + 1) {
      const reason = `${metric.name}: a histogram needs one bucket more than bounds`;
      this.#context.batch.reject(index, 'malformed', reason);
      return;
    }
    this.#addSample(metric, `${metric.name}_count`, point, count, index, '');
    if (sum !== undefined) this.#addSample(metric, `${metric.name}_sum`, point, sum, index);
    let below = 0;
    for (const [bucket, inBucket] of bucketCounts.entries()) {
      below += inBucket;
      const le = bucket < bounds.length ? String(bounds[bucket]) : '+Inf';
      this.#addSample(metric, `${metric.name}_bucket`, point, below, index, '', le);
    }
  }

  #addSample(
    metric: OtlpMetric,
    metricName: string,
    point: OtlpPoint,
    value: number,
    index: number,
    unit = metric.unit,
    le?: string,
  ): void {
    const { batch, registry } = this.#context;
    const labels = this.#labelsOf(point, le);
    const kind = kindOf(metric);
    const cleanUnit = unit.replaceAll('\0', '');
    // Names that may be stored hold no NUL and the number of labels stands in front, so a key names one series.
    const key = [labels.length, metricName, cleanUnit, kind, this.#host, ...labels.flat()].join('\0');
    let series: SeriesRef | string | undefined = this.#keys.get(key);
    if (series === undefined) {
      series = registry.find({ metricName, host: this.#host, labels, unit: cleanUnit || undefined, kind });
      if (typeof series === 'string') {
        batch.reject(index, 'invalid_series', `${metricName}: ${series}`);
        return;
      }
      this.#keys.set(key, series);
    }
    batch.add(series, Math.round(point.timeNs / 1000) / 1000, value, index);
  }

  /** A point's own attributes win over those of its resource. */
  #labelsOf({ attributes }: OtlpPoint, le?: string): Attributes {
    const own = new Set(attributes.map(([name]) => name));
    const inherited = this.#resource.filter(([name]) => !own.has(name));
    return [
      ...attributes,
      ...inherited,
      ...(this.#scopeName === '' ? [] : [['otel.scope.name', this.#scopeName] as const]),
      ...(le === undefined ? [] : [['le', le] as const]),
    ];
  }
}

/** A monotonic sum is a counter; `_delta` where each point tells the change since the last one. */
function kindOf({ form, isMonotonic, isDelta }: OtlpMetric): string {
  const kind = form === 'sum' && isMonotonic ? 'counter' : form;
  return isDelta ? `${kind}_delta` : kind;
}
