import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Committed } from '../domain/committed.ts';
import { holds } from '../domain/snapshot.ts';
import type { SeriesSelector } from '../store/matching-series.ts';
import { type CommitLog, CommitTail } from './commit-tail.ts';
import type { LiveCounters } from './counters.ts';
import { SampleEvent } from './event.ts';
import { type Cursor, EntryIds } from './event-id.ts';
import { Ring, type RingEntry } from './ring.ts';
import { type DescribeSeries, matches, SeriesDirectory } from './series-directory.ts';
import { Subscription, type SubscriptionLimits } from './subscription.ts';
import { SubscriptionIndex } from './subscription-index.ts';

/** Samples published in one go; sockets get their turn before the next. */
const ENTRY_MAX_SAMPLES = 256;
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

/** Where a subscription begins: every entry before has been delivered, none from here on. */
export interface Start {
  readonly subscription: Subscription;
  readonly epoch: string;
  readonly entry: number;
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
    const { limits, counters } = this.#options;
    const subscription = new Subscription(selector, limits.subscription, counters, (closed) => {
      this.#index.remove(closed);
      counters.subscriptions = this.#index.size;
      this.#leave();
    });
    this.#index.add(subscription);
    counters.subscriptions = this.#index.size;
    return this.startOf(subscription);
  }

  /** Where a subscription stands now. */
  startOf(subscription: Subscription): Start {
    return { subscription, epoch: this.#epoch, entry: this.#next };
  }

  /** Whether {@link Feed.replay} reaches back to a cursor. */
  reaches({ epoch, entry }: Cursor): boolean {
    return epoch === this.#epoch && entry >= this.#ring.first && entry <= this.#next;
  }

  /** What matched between a cursor (within reach) and the beginning of a subscription, batch by batch. */
  async *replay({ entry, index, snapshot }: Cursor, start: Start): AsyncGenerator<SampleEvent[]> {
    const { selector } = start.subscription;
    const entries = this.#ring.slice(entry, start.entry);
    for (const [offset, kept] of entries.entries()) {
      if (holds(snapshot, kept.xid)) continue;
      await this.#loadNames(kept.samples.seriesIds);
      const events = this.#eventsOf(kept, offset === 0 ? index + 1 : 0);
      yield events.filter(({ series }) => matches(series, selector));
    }
  }

  /** Events of samples that do not come from the ring. */
  async eventsFrom(entry: RingEntry): Promise<SampleEvent[]> {
    await this.#loadNames(entry.samples.seriesIds);
    return this.#eventsOf(entry, 0);
  }

  /** Ends every subscription and sleeps. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const subscription of this.#index) subscription.close();
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
    for (let from = 0; from < samples.times.length; from += ENTRY_MAX_SAMPLES) {
      const to = from + ENTRY_MAX_SAMPLES;
      this.#ring.push({
        xid,
        samples: {
          seriesIds: samples.seriesIds.subarray(from, to),
          times: samples.times.subarray(from, to),
          values: samples.values.subarray(from, to),
        },
        publishedMs,
        ids: new EntryIds({ epoch: this.#epoch, entry: this.#ring.end, atMs: publishedMs, snapshot }),
      });
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
      const unknown = this.#directory.unknown(entry.samples.seriesIds);
      if (unknown.length > 0) await this.#loadNames(entry.samples.seriesIds);
      if (ring !== this.#ring) continue;
      this.#deliver(entry);
      this.#next++;
      if (this.#next < ring.end) await nextTurn();
    }
    this.#delivering = false;
  }

  #deliver(entry: RingEntry): void {
    const { seriesIds, times, values } = entry.samples;
    for (let i = 0; i < seriesIds.length; i++) {
      const series = this.#directory.get(seriesIds[i]!);
      if (series === undefined) continue;
      const subscriptions = this.#index.match(series);
      if (subscriptions.length === 0) continue;
      const event = new SampleEvent(series, times[i]!, values[i]!, entry, i);
      for (const subscription of subscriptions) subscription.push(event);
    }
  }

  #eventsOf(entry: RingEntry, from: number): SampleEvent[] {
    const { seriesIds, times, values } = entry.samples;
    const events: SampleEvent[] = [];
    for (let i = from; i < seriesIds.length; i++) {
      const series = this.#directory.get(seriesIds[i]!);
      if (series !== undefined) events.push(new SampleEvent(series, times[i]!, values[i]!, entry, i));
    }
    return events;
  }

  /** Tries until the database answers: an event without names cannot be sent, and none may be lost. */
  async #loadNames(ids: Int32Array): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        return await this.#directory.load(this.#directory.unknown(ids));
      } catch (error) {
        this.#options.onError(error);
        await sleep(RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      }
    }
  }

  /** Commits were lost for all: every stream says so and opens anew. */
  #lose(): void {
    this.#begin();
    for (const subscription of this.#index) subscription.lose();
  }
}
