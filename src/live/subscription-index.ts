import { NewestSamples } from './newest-samples.ts';
import { type LiveSeries, matches } from './series-directory.ts';
import type { Subscription } from './subscription.ts';

/** The subscriptions to one metric. */
export class Topic {
  newest = new NewestSamples();
  readonly #byHost = new Map<string | undefined, Set<Subscription>>();
  /** Another with every change, so that what a series matched before is known to be old. */
  #version = Symbol();

  get isEmpty(): boolean {
    return this.#byHost.size === 0;
  }

  /** Every subscription. */
  get subscriptions(): Subscription[] {
    return [...this.#byHost.values()].flatMap((set) => [...set]);
  }

  add(subscription: Subscription): void {
    const { host } = subscription.selector;
    const set = this.#byHost.get(host) ?? new Set();
    this.#byHost.set(host, set.add(subscription));
    this.#version = Symbol();
  }

  remove(subscription: Subscription): boolean {
    const { host } = subscription.selector;
    const set = this.#byHost.get(host);
    if (!set?.delete(subscription)) return false;
    if (set.size === 0) this.#byHost.delete(host);
    this.#version = Symbol();
    return true;
  }

  /** The subscriptions that a series matches: found once a series and change, not once a sample and subscriber. */
  match(series: LiveSeries): readonly Subscription[] {
    if (series.matched.version !== this.#version) {
      const candidates = [undefined, series.host].flatMap((host) => [...(this.#byHost.get(host) ?? [])]);
      series.matched = {
        version: this.#version,
        subscriptions: candidates.filter(({ selector }) => matches(series, selector)),
      };
    }
    return series.matched.subscriptions;
  }
}

/** All subscriptions, by metric. */
export class SubscriptionIndex {
  readonly #topics = new Map<string, Topic>();
  #size = 0;

  /** Number of subscriptions. */
  get size(): number {
    return this.#size;
  }

  /** Undefined where nobody follows the metric. */
  topic(metricName: string): Topic | undefined {
    return this.#topics.get(metricName);
  }

  /** Has every subscription lose what waits, and every metric what was newest. */
  lose(): void {
    for (const topic of this.#topics.values()) {
      topic.newest = new NewestSamples();
      for (const subscription of topic.subscriptions) subscription.lose();
    }
  }

  /** Closes every subscription. */
  close(): void {
    for (const topic of this.#topics.values())
      for (const subscription of topic.subscriptions) subscription.close();
  }

  add(subscription: Subscription): void {
    const { metricName } = subscription.selector;
    const topic = this.#topics.get(metricName) ?? new Topic();
    this.#topics.set(metricName, topic);
    topic.add(subscription);
    this.#size++;
  }

  remove(subscription: Subscription): void {
    const { metricName } = subscription.selector;
    const topic = this.#topics.get(metricName);
    if (!topic?.remove(subscription)) return;
    if (topic.isEmpty) this.#topics.delete(metricName);
    this.#size--;
  }
}
