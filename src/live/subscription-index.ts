import type { SeriesSelector } from '../store/matching-series.ts';
import { type LiveSeries, matches } from './series-directory.ts';
import type { Subscription } from './subscription.ts';

/** The subscriptions to one metric. */
interface Topic {
  /** Rises with every change, so that what a series matched before is known to be old. */
  version: number;
  readonly byHost: Map<string, Set<Subscription>>;
  readonly anyHost: Set<Subscription>;
}

const NONE: readonly Subscription[] = [];

/** Finds the subscriptions that a series matches: once a series and change, not once a sample and subscriber. */
export class SubscriptionIndex {
  readonly #topics = new Map<string, Topic>();
  #versions = 0;
  #size = 0;

  /** Number of subscriptions. */
  get size(): number {
    return this.#size;
  }

  add(subscription: Subscription): void {
    const { metricName, host } = subscription.selector;
    const topic = this.#topics.get(metricName) ?? { version: 0, byHost: new Map(), anyHost: new Set() };
    this.#topics.set(metricName, topic);
    if (host !== undefined && !topic.byHost.has(host)) topic.byHost.set(host, new Set());
    setOf(topic, host)!.add(subscription);
    topic.version = ++this.#versions;
    this.#size++;
  }

  remove(subscription: Subscription): void {
    const { metricName, host }: SeriesSelector = subscription.selector;
    const topic = this.#topics.get(metricName);
    const set = topic && setOf(topic, host);
    if (!topic || !set?.delete(subscription)) return;
    if (host !== undefined && set.size === 0) topic.byHost.delete(host);
    if (topic.anyHost.size === 0 && topic.byHost.size === 0) this.#topics.delete(metricName);
    topic.version = ++this.#versions;
    this.#size--;
  }

  /** The subscriptions that a series matches. */
  match(series: LiveSeries): readonly Subscription[] {
    const topic = this.#topics.get(series.metricName);
    if (topic === undefined) return NONE;
    if (series.matched.version !== topic.version) {
      const candidates = [...topic.anyHost, ...(topic.byHost.get(series.host) ?? NONE)];
      series.matched = {
        version: topic.version,
        subscriptions: candidates.filter(({ selector }) => matches(series, selector)),
      };
    }
    return series.matched.subscriptions;
  }

  [Symbol.iterator](): Iterator<Subscription> {
    return [...this.#topics.values()]
      .flatMap(({ anyHost, byHost }) => [...anyHost, ...[...byHost.values()].flatMap((set) => [...set])])
      .values();
  }
}

function setOf(topic: Topic, host: string | undefined): Set<Subscription> | undefined {
  return host === undefined ? topic.anyHost : topic.byHost.get(host);
}
