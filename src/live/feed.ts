import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Committed } from '../domain/committed.ts';
import type { SampleColumns } from '../domain/sample-columns.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { HyperdashError } from '../errors.ts';
import type { SeriesSelector } from '../store/matching-series.ts';
import type { Past } from '../store/replay-samples.ts';
import { type CommitLog, CommitTail } from './commit-tail.ts';
import type { LiveCounters } from './counters.ts';
import { type Origin, SampleEvent } from './event.ts';
import { type Cursor, EntryIds } from './event-id.ts';
import { NewestSamples, type ReadNewest } from './newest-samples.ts';
import { entriesOf, Ring, type RingEntry } from './ring.ts';
import { type DescribeSeries, matches, SeriesDirectory } from './series-directory.ts';
import { Subscription, type SubscriptionLimits } from './subscription.ts';
import { SubscriptionIndex } from './subscription-index.ts';

const SERIES_REMEMBERED = 200_000;
const RETRY_MS = 500;

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
  readonly #closing = new AbortController();
  #epoch = '';
  #ring: Ring;
  #next = 0;
  #delivering = false;
  /** The commit that is being delivered, or was last. */
  #current = 0;
  /** Subscribers who wait for its end. */
  #waiting: (() => void)[] = [];
  #waking: Promise<void> | undefined;
  #sleeping: Promise<void> | undefined;
  #users = 0;
  #lingering: NodeJS.Timeout | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#ring = new Ring(options.limits.ringMaxSamples);
    this.#directory = new SeriesDirectory(options.describeSeries, SERIES_REMEMBERED);
    this.#tail = new CommitTail({
      log: options.log,
      onCommit: (committed) => this.#append(committed),
      onLoss: () => this.#lose(),
      onError: options.onError,
      intervalMs: options.limits.tailIntervalMs,
      renewMs: options.limits.renewMs,
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
    this.#users++;
    clearTimeout(this.#lingering);
    try {
      this.#waking ??= this.#wake();
      await this.#waking;
    } catch (error) {
      this.#waking = undefined;
      this.#leave();
      throw error;
    }
    if (this.#ring.get(this.#next)?.xid !== this.#current) return this.#admit(selector);
    return new Promise((resolve) => this.#waiting.push(() => resolve(this.#admit(selector))));
  }

  #admit(selector: SeriesSelector): Start {
    const { limits, counters } = this.#options;
    const subscription = new Subscription(selector, limits.subscription, counters, (closed) => {
      this.#index.remove(closed);
      counters.subscriptions = this.#index.size;
      this.#leave();
    });
    this.#index.add(subscription);
    counters.subscriptions = this.#index.size;
    return this.restart(subscription);
  }

  /** Has a subscription begin again from here on. */
  restart(subscription: Subscription): Start {
    subscription.clear();
    const pending = this.#ring.slice(this.#next, this.#ring.end);
    const pendingXids = new Set(pending.map(({ xid }) => xid));
    const snapshot = this.#tail.snapshot!;
    return {
      subscription,
      epoch: this.#epoch,
      entry: this.#next,
      past: {
        snapshot,
        and: this.#tail.passed.filter((xid) => !pendingXids.has(xid)),
        without: [...pendingXids],
      },
      snapshot: pending[0]?.snapshot ?? snapshot,
    };
  }

  /** Whether {@link Feed.replay} reaches back to a cursor. */
  reaches({ epoch, entry }: Cursor): boolean {
    return epoch === this.#epoch && entry >= this.#ring.first && entry <= this.#next;
  }

  /** What matched between a cursor (within reach) and the beginning of a subscription, batch by batch. */
  async *replay({ entry, index }: Cursor, start: Start): AsyncGenerator<SampleEvent[]> {
    const { selector } = start.subscription;
    const entries = this.#ring.slice(entry, start.entry);
    for (const [offset, kept] of entries.entries()) {
      await this.#learn(kept.samples.seriesIds);
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
    const topic = this.#index.topic(selector.metricName);
    const isWanted = (id: number) => {
      const series = this.#directory.get(id);
      return series !== undefined && matches(series, selector);
    };
    return topic?.newest.before(entry, isWanted, async () => {
      const samples = await read();
      await this.#learn(samples.seriesIds);
      return samples;
    });
  }

  /** Events of samples that do not come from the ring. */
  async eventsFrom(samples: SampleColumns, origin: Origin): Promise<SampleEvent[]> {
    await this.#learn(samples.seriesIds);
    return this.#eventsOf({ ...origin, samples }, 0);
  }

  /** Ends every subscription and sleeps. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const topic of this.#index.topics)
      for (const subscription of topic.subscriptions) subscription.close();
    clearTimeout(this.#lingering);
    await this.#waking?.catch(() => undefined);
    await this.#sleeping;
    await this.#tail.sleep();
  }

  async #wake(): Promise<void> {
    await this.#sleeping;
    this.#begin();
    await this.#tail.wake();
    this.#options.onAwake(true);
  }

  /** Starts a new epoch: ids of the one before mean nothing to the ring any more. */
  #begin(): void {
    this.#epoch = Math.random().toString(36).slice(2, 10).padEnd(8, '0');
    this.#ring = new Ring(this.#options.limits.ringMaxSamples);
    this.#next = 0;
  }

  #leave(): void {
    if (--this.#users > 0 || this.#closing.signal.aborted) return;
    this.#lingering = setTimeout(() => {
      this.#waking = undefined;
      this.#sleeping = this.#tail.sleep();
      this.#options.onAwake(false);
    }, this.#options.limits.lingerMs);
    this.#lingering.unref();
  }

  #append({ xid, samples }: Committed): void {
    const publishedMs = this.#options.nowMs();
    const snapshot = this.#tail.snapshot!;
    for (const piece of entriesOf(samples)) {
      const ids = new EntryIds({ epoch: this.#epoch, entry: this.#ring.end, atMs: publishedMs, snapshot });
      this.#ring.push({ xid, samples: piece, snapshot, publishedMs, ids });
    }
    if (!this.#delivering) void this.#deliverAll();
  }

  async #deliverAll(): Promise<void> {
    this.#delivering = true;
    while (this.#next < this.#ring.end && !this.#closing.signal.aborted) {
      const ring = this.#ring;
      const entry = ring.get(this.#next);
      if (entry === undefined) {
        // It fell out before its turn.
        this.#lose();
        continue;
      }
      if (entry.xid !== this.#current) this.#admitWaiting();
      this.#current = entry.xid;
      if (!this.#directory.knows(entry.samples.seriesIds)) await this.#learn(entry.samples.seriesIds);
      if (ring !== this.#ring) continue;
      this.#deliver(entry);
      this.#next++;
      if (this.#next < ring.end) await nextTurn();
    }
    this.#admitWaiting();
    this.#delivering = false;
  }

  #admitWaiting(): void {
    for (const admit of this.#waiting.splice(0)) admit();
  }

  #deliver(entry: RingEntry): void {
    const { seriesIds, times, values } = entry.samples;
    for (let i = 0; i < seriesIds.length; i++) {
      const series = this.#directory.get(seriesIds[i]!);
      if (series === undefined) continue;
      const topic = this.#index.topic(series.metricName);
      if (topic === undefined) continue;
      topic.newest.note(series.id, times[i]!, values[i]!, this.#next);
      const subscriptions = topic.match(series);
      if (subscriptions.length === 0) continue;
      const event = new SampleEvent(series, times[i]!, values[i]!, entry, i);
      for (const subscription of subscriptions) subscription.push(event);
    }
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

  /** Tries until the database answers: an event without names cannot be sent, and none may be lost. */
  async #learn(ids: Int32Array): Promise<void> {
    while (!this.#directory.knows(ids) && !this.#closing.signal.aborted) {
      try {
        await this.#directory.learn(ids);
      } catch (error) {
        this.#options.onError(error);
        await sleep(RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      }
    }
  }

  /** Commits were lost for all: every stream says so and opens anew. */
  #lose(): void {
    this.#begin();
    for (const topic of this.#index.topics) {
      topic.newest = new NewestSamples();
      for (const subscription of topic.subscriptions) subscription.lose();
    }
  }
}
