import type { SeriesRow } from '../store/describe-series.ts';
import type { SeriesSelector } from '../store/matching-series.ts';
import type { Subscription } from './subscription.ts';

/** A series as the feed knows it. */
export interface LiveSeries {
  readonly id: number;
  readonly metricName: string;
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The beginning of each of its messages, up to the time. */
  readonly json: string;
  /** The subscriptions that it matches, as of `version` of its topic. */
  matched: { readonly version: number; readonly subscriptions: readonly Subscription[] };
}

/** Looks series up by id. */
export type DescribeSeries = (ids: readonly number[]) => Promise<readonly SeriesRow[]>;

const NEVER_MATCHED = { version: -1, subscriptions: [] };

/** Remembers the names of the series that pass. */
export class SeriesDirectory {
  readonly #series = new Map<number, LiveSeries>();
  readonly #describe: DescribeSeries;
  readonly #maxEntries: number;

  /** @param maxEntries when it would hold more it forgets all, and asks again */
  constructor(describe: DescribeSeries, maxEntries: number) {
    this.#describe = describe;
    this.#maxEntries = maxEntries;
  }

  /** Undefined for a series that is not loaded, or not in the catalogue. */
  get(id: number): LiveSeries | undefined {
    return this.#series.get(id);
  }

  /** The ids that {@link SeriesDirectory.load} has yet to ask for. */
  unknown(ids: Int32Array): number[] {
    const unknown = new Set<number>();
    for (const id of ids) if (!this.#series.has(id)) unknown.add(id);
    return [...unknown];
  }

  /** Asks for the names of series. */
  async load(ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return;
    const rows = await this.#describe(ids);
    if (this.#series.size + rows.length > this.#maxEntries) this.#series.clear();
    for (const row of rows) this.#series.set(row.id, fromRow(row));
  }
}

function fromRow({ id, metric_name, host, labels }: SeriesRow): LiveSeries {
  const names = JSON.stringify({ metric_name, host, labels });
  return {
    id,
    metricName: metric_name,
    host,
    labels,
    json: `${names.slice(0, -1)},"time":"`,
    matched: NEVER_MATCHED,
  };
}

/** Whether a series is among those selected; a matcher with an empty value wants the label absent. */
export function matches(series: LiveSeries, { metricName, host, matchers }: SeriesSelector): boolean {
  return (
    series.metricName === metricName &&
    (host === undefined || series.host === host) &&
    matchers.every(([label, value]) => (series.labels[label] ?? '') === value)
  );
}
