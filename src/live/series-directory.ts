import { setTimeout as sleep } from 'node:timers/promises';
import type { SeriesRow } from '../store/describe-series.ts';
import type { SeriesSelector } from '../store/matching-series.ts';
import type { EventSeries } from './event.ts';
import type { Subscription } from './subscription.ts';

/** A series as the feed knows it. */
export interface LiveSeries extends EventSeries {
  /** The subscriptions that it matches, as of `version` of its topic. */
  matched: { readonly version: symbol | undefined; readonly subscriptions: readonly Subscription[] };
}

/** Looks series up by id. */
export type DescribeSeries = (ids: readonly number[]) => Promise<readonly SeriesRow[]>;

/** How a {@link SeriesDirectory} bears failures of the database. */
export interface DirectoryPatience {
  /** Told of every attempt that failed. */
  readonly onError: (error: unknown) => void;
  /** Ends the attempts. */
  readonly closing: AbortSignal;
}

const RETRY_MS = 500;
const NEVER_MATCHED = { version: undefined, subscriptions: [] };

/** Remembers the names of the series that pass. */
export class SeriesDirectory {
  /** Null for what is not in the catalogue. */
  readonly #series = new Map<number, LiveSeries | null>();
  readonly #describe: DescribeSeries;
  readonly #maxEntries: number;
  readonly #patience: DirectoryPatience;

  /** @param maxEntries when it would hold more it forgets all, and asks again */
  constructor(describe: DescribeSeries, maxEntries: number, patience: DirectoryPatience) {
    this.#describe = describe;
    this.#maxEntries = maxEntries;
    this.#patience = patience;
  }

  /** Undefined for a series that is not known, or not in the catalogue. */
  get(id: number): LiveSeries | undefined {
    return this.#series.get(id) ?? undefined;
  }

  /** Whether nothing has to be asked for. */
  knows(ids: Int32Array): boolean {
    return ids.every((id) => this.#series.has(id));
  }

  /** Asks for names that are not known until the database answers: an event without names cannot be sent, and none may be lost. */
  async learn(ids: Int32Array): Promise<void> {
    const { onError, closing } = this.#patience;
    while (!this.knows(ids) && !closing.aborted) {
      try {
        await this.#ask(ids);
      } catch (error) {
        onError(error);
        await sleep(RETRY_MS, undefined, { signal: closing }).catch(() => undefined);
      }
    }
  }

  async #ask(ids: Int32Array): Promise<void> {
    const unknown = [...new Set(ids)].filter((id) => !this.#series.has(id));
    const rows = await this.#describe(unknown);
    if (this.#series.size + unknown.length > this.#maxEntries) this.#series.clear();
    for (const id of unknown) this.#series.set(id, null);
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
export function matches(series: EventSeries, { metricName, host, matchers }: SeriesSelector): boolean {
  return (
    series.metricName === metricName &&
    (host === undefined || series.host === host) &&
    matchers.every(([label, value]) => (series.labels[label] ?? '') === value)
  );
}
