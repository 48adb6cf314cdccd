import type { Committed } from '../domain/committed.ts';
import type { SampleColumns } from '../domain/sample-columns.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { HyperdashError } from '../errors.ts';
import type { SeriesSelector } from '../store/matching-series.ts';
import type { Past } from '../store/replay-samples.ts';
import { type CommitLog, CommitTail } from './commit-tail.ts';
import type { LiveCounters } from './counters.ts';
import { Delivery } from './delivery.ts';
import { type Origin, SampleEvent } from './event.ts';
import type { Cursor } from './event-id.ts';
import type { ReadNewest } from './newest-samples.ts';
import { type DescribeSeries, matches, SeriesDirectory } from './series-directory.ts';
import { Subscription, type SubscriptionLimits } from './subscription.ts';
import { SubscriptionIndex } from './subscription-index.ts';
import { Wakefulness } from './wakefulness.ts';

const SERIES_REMEMBERED = 200_000;

/** What a {@link Feed} is made of. */
export interface FeedOptions {
  readonly log: CommitLog;
  readonly describeSeries: DescribeSeries;
  readonly counters: LiveCounters;
  readonly onError: (error: unknown) => void;
  /** Told when the feed wakes and when it sleeps. */
  readonly onAwake: (awake: boolean) => void;
  readonly nowMs: () => number;
  readonly limits: FeedLimits;
}

/** Bounds and times of a {@link Feed}. */
export interface FeedLimits {
  /** What waits for one subscriber. */
  readonly subscription: SubscriptionLimits;
  /** Samples that the ring keeps for streams that resume, 20 bytes each. */
  readonly ringMaxSamples: number;
  /** Between two reads of the commit log. */
  readonly tailIntervalMs: number;
  /** Between two renewals and prunings of the commit log; well below its ten minutes. */
  readonly renewMs: number;
  /** How long the feed goes on when the last subscriber has left. */
  readonly lingerMs: number;
}

/** Where a subscription begins: at the boundary of a commit. */
export interface Start {
  readonly subscription: Subscription;
  readonly epoch: string;
  /** The first entry that it gets. */
  readonly entry: number;
  /** What it does not get since it was committed, and had passed, before. */
  readonly past: Past;
  /** Holds nothing that it gets: what ids go by. */
  readonly snapshot: Snapshot;
}

/**
 * Hands what was committed to the subscriptions that match, in the order in which the commits became known here.
 * While nobody has subscribed for a while it sleeps, and costs nothing.
 */
export class Feed {
  readonly #options: FeedOptions;
  readonly #tail: CommitTail;
  readonly #directory: SeriesDirectory;
  readonly #index = new SubscriptionIndex();
  readonly #delivery: Delivery;
  readonly #wakefulness: Wakefulness;
  readonly #closing = new AbortController();

  constructor(options: FeedOptions) {
    const { log, describeSeries, onError, onAwake, nowMs, limits } = options;
    const closing = this.#closing.signal;
    this.#options = options;
    this.#directory = new SeriesDirectory(describeSeries, SERIES_REMEMBERED, { onError, closing });
    this.#delivery = new Delivery({
      directory: this.#directory,
      index: this.#index,
      ringMaxSamples: limits.ringMaxSamples,
      closing,
    });
    this.#tail = new CommitTail({
      log,
      onCommit: (committed) => this.#delivery.append(committed, this.#tail.snapshot!, nowMs()),
      onLoss: () => this.#delivery.lose(),
      onError,
      intervalMs: limits.tailIntervalMs,
      renewMs: limits.renewMs,
    });
    this.#wakefulness = new Wakefulness({
      wake: async () => {
        this.#delivery.begin();
        await this.#tail.wake();
        onAwake(true);
      },
      sleep: () => {
        onAwake(false);
        return this.#tail.sleep();
      },
      lingerMs: limits.lingerMs,
    });
  }

  /** Takes what this node or another has committed; never throws, never waits. */
  publish(committed: Committed): void {
    this.#tail.accept(committed);
  }

  /**
   * Subscribes from here on; close the subscription to leave.
   * @throws HyperdashError SERVICE_UNAVAILABLE where the database fails
   */
  async subscribe(selector: SeriesSelector): Promise<Start> {
    if (this.#closing.signal.aborted) throw new HyperdashError('SERVICE_UNAVAILABLE', 'the feed is closed');
    await this.#wakefulness.enter();
    return this.#delivery.betweenCommits(() => this.#admit(selector));
  }

  #admit(selector: SeriesSelector): Start {
    const { limits, counters } = this.#options;
    const subscription = new Subscription(selector, limits.subscription, counters, (closed) => {
      this.#index.remove(closed);
      counters.subscriptions = this.#index.size;
      this.#wakefulness.leave();
    });
    this.#index.add(subscription);
    counters.subscriptions = this.#index.size;
    return this.restart(subscription);
  }

  /** Has a subscription begin again from here on. */
  restart(subscription: Subscription): Start {
    subscription.clear();
    const { pending, epoch, next } = this.#delivery;
    const pendingXids = new Set(pending.map(({ xid }) => xid));
    const snapshot = this.#tail.snapshot!;
    return {
      subscription,
      epoch,
      entry: next,
      past: {
        snapshot,
        and: this.#tail.passed.filter((xid) => !pendingXids.has(xid)),
        without: [...pendingXids],
      },
      snapshot: pending[0]?.snapshot ?? snapshot,
    };
  }

  /** Whether {@link Feed.replay} reaches back to a cursor. */
  reaches(cursor: Cursor): boolean {
    return this.#delivery.reaches(cursor);
  }

  /** What matched between a cursor (within reach) and the beginning of a subscription, batch by batch. */
  async *replay({ entry, index }: Cursor, start: Start): AsyncGenerator<SampleEvent[]> {
    const { selector } = start.subscription;
    const entries = this.#delivery.between(entry, start.entry);
    for (const [offset, kept] of entries.entries()) {
      await this.#directory.learn(kept.samples.seriesIds);
      const events = this.#eventsOf(kept, offset === 0 ? index + 1 : 0);
      yield events.filter(({ series }) => matches(series, selector));
    }
  }

  /**
   * The newest sample of each series at the beginning of a subscription, without those that it gets anyway.
   * @param read asks the database for those of the whole metric
   * @returns undefined where the database has to be asked for this subscription alone
   */
  async newest({ subscription, entry }: Start, read: ReadNewest): Promise<SampleColumns | undefined> {
    const { selector } = subscription;
    return this.#index.topic(selector.metricName)?.newest.before(entry, selector, this.#directory, read);
  }

  /** Events of samples that do not come from the ring. */
  async eventsFrom(samples: SampleColumns, origin: Origin): Promise<SampleEvent[]> {
    await this.#directory.learn(samples.seriesIds);
    return this.#eventsOf({ ...origin, samples }, 0);
  }

  /** Ends every subscription and sleeps. */
  async close(): Promise<void> {
    this.#closing.abort();
    const closed = this.#wakefulness.close();
    this.#index.close();
    await closed;
    await this.#tail.sleep();
  }

  #eventsOf(entry: Origin & { readonly samples: SampleColumns }, from: number): SampleEvent[] {
    const { seriesIds, times, values } = entry.samples;
    const events: SampleEvent[] = [];
    for (let i = from; i < seriesIds.length; i++) {
      const series = this.#directory.get(seriesIds[i]!);
      if (series !== undefined) events.push(new SampleEvent(series, times[i]!, values[i]!, entry, i));
    }
    return events;
  }
}
