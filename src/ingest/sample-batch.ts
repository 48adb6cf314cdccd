import { MetricName } from '../contract/names.ts';
import { type Principal, refusalOf } from '../domain/principal.ts';
import { HyperdashError } from '../errors.ts';
import { REQUEST_MAX_SAMPLES } from './limits.ts';
import type { SeriesRef } from './series-registry.ts';

/** Why a sample was not stored, as the counters tell it. */
export type RejectionCode =
  | 'malformed'
  | 'invalid_series'
  | 'not_finite'
  | 'too_old'
  | 'in_the_future'
  | 'unsupported'
  | 'forbidden'
  | 'max_series';

/** A sample, line or data point that was not stored, by its index in the request. */
export interface Rejection {
  readonly index: number;
  readonly code: RejectionCode;
  readonly reason: string;
}

/** Times that are taken, epoch milliseconds, both inclusive. */
export interface AcceptedTimes {
  readonly oldestMs: number;
  readonly newestMs: number;
}

/** What a sender says of all series of a metric. */
export interface MetricDescription {
  readonly metricName: string;
  readonly unit: string | undefined;
  readonly kind: string | undefined;
}

/** Few, since most requests of small agents hold a handful; it grows fourfold. */
const FIRST_ROWS = 32;
/** Metrics that one request may describe; more are left out. */
const DESCRIPTIONS_MAX = 50_000;

/** The samples of one request, as columns, while they are decoded; and what of the request is not to be stored. */
export class SampleBatch {
  /** The series of each row. */
  readonly series: SeriesRef[] = [];
  readonly rejections: Rejection[] = [];
  readonly descriptions: MetricDescription[] = [];
  /** Series whose id is not known yet, or whose unit and kind the catalogue has not been told. */
  readonly unresolved = new Set<SeriesRef>();
  /** Samples that were left out on purpose, without an error: stale markers, text fields. */
  ignored = 0;
  /** Epoch milliseconds; only the first `rows` are set. */
  times = new Float64Array(FIRST_ROWS);
  values = new Float64Array(FIRST_ROWS);
  /** The index in the request that each row comes from. */
  indexes = new Int32Array(FIRST_ROWS);
  readonly #accepted: AcceptedTimes;

  constructor(accepted: AcceptedTimes) {
    this.#accepted = accepted;
  }

  get rows(): number {
    return this.series.length;
  }

  /**
   * Adds a sample, or rejects it where its time or value cannot be stored.
   * @param index what a rejection names: the position of the sample, line or data point in the request
   * @throws HyperdashError PAYLOAD_TOO_LARGE past {@link REQUEST_MAX_SAMPLES}
   */
  add(series: SeriesRef, timeMs: number, value: number, index: number): void {
    if (!(timeMs >= this.#accepted.oldestMs && timeMs <= this.#accepted.newestMs)) {
      this.#rejectTime(timeMs, index);
      return;
    }
    if (!Number.isFinite(value)) {
      this.reject(index, 'not_finite', `value: ${value} is not finite`);
      return;
    }
    const row = this.series.length;
    this.#refuseTooMany();
    if (row === this.times.length) this.#grow();
    this.times[row] = timeMs;
    this.values[row] = value;
    this.indexes[row] = index;
    this.series.push(series);
    if (series.id === 0 || series.describe) this.unresolved.add(series);
  }

  /** @throws HyperdashError PAYLOAD_TOO_LARGE past {@link REQUEST_MAX_SAMPLES} */
  reject(index: number, code: RejectionCode, reason: string): void {
    this.#refuseTooMany();
    this.rejections.push({ index, code, reason });
  }

  /** Notes what the sender says of a metric; the catalogue is told along with the samples. */
  describe(description: MetricDescription): void {
    if (!MetricName.safeParse(description.metricName).success) return;
    const unit = MetricName.safeParse(description.unit).success ? description.unit : undefined;
    if (this.descriptions.length < DESCRIPTIONS_MAX) this.descriptions.push({ ...description, unit });
  }

  /** Drops the rows whose series there is a reason not to store. */
  rejectSeries(code: RejectionCode, reasonOf: (series: SeriesRef) => string | undefined): void {
    let kept = 0;
    for (const [row, series] of this.series.entries()) {
      const reason = reasonOf(series);
      if (reason !== undefined) {
        this.rejections.push({ index: this.indexes[row]!, code, reason });
        this.unresolved.delete(series);
        continue;
      }
      this.series[kept] = series;
      this.times[kept] = this.times[row]!;
      this.values[kept] = this.values[row]!;
      this.indexes[kept] = this.indexes[row]!;
      kept++;
    }
    this.series.length = kept;
  }

  /** Drops what is not of the sender's hosts and metrics. */
  keepWithin(sender: Principal): void {
    this.rejectSeries('forbidden', ({ identity }) => refusalOf(sender, identity));
    const own = this.descriptions.filter(({ metricName }) => metricName.startsWith(sender.metricPrefix));
    this.descriptions.splice(0, this.descriptions.length, ...own);
  }

  #rejectTime(timeMs: number, index: number): void {
    const { oldestMs, newestMs } = this.#accepted;
    if (timeMs < oldestMs) {
      const oldest = new Date(oldestMs).toISOString();
      const reason = `time: is before ${oldest}, the oldest that the raw retention (RETAIN_RAW) takes`;
      this.reject(index, 'too_old', reason);
    } else if (timeMs > newestMs) {
      this.reject(index, 'in_the_future', 'time: is too far in the future');
    } else {
      this.reject(index, 'malformed', 'time: is not a time');
    }
  }

  #refuseTooMany(): void {
    if (this.series.length + this.rejections.length + this.ignored >= REQUEST_MAX_SAMPLES) {
      throw new HyperdashError(
        'PAYLOAD_TOO_LARGE',
        `more than ${REQUEST_MAX_SAMPLES} samples in one request`,
      );
    }
  }

  #grow(): void {
    const rows = this.times.length * 4;
    this.times = copied(this.times, new Float64Array(rows));
    this.values = copied(this.values, new Float64Array(rows));
    this.indexes = copied(this.indexes, new Int32Array(rows));
  }
}

function copied<Column extends Float64Array | Int32Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
