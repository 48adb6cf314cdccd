import { holds, type Snapshot } from '../domain/snapshot.ts';
import type { SeriesSelector } from '../store/matching-series.ts';
import type { LiveCounters } from './counters.ts';
import { gapEvent, type LiveEvent, type SampleEvent } from './event.ts';

/** Bounds of what waits for one subscriber. */
export interface SubscriptionLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/**
 * What waits for one subscriber. The feed puts events in and never waits; once too much waits, only the latest of each
 * series is kept, behind a gap that counts the rest.
 */
export class Subscription {
  readonly selector: SeriesSelector;
  readonly #limits: SubscriptionLimits;
  readonly #counters: LiveCounters;
  readonly #onClose: (subscription: Subscription) => void;
  #queue: SampleEvent[] = [];
  #bytes = 0;
  #overflow: Overflow | undefined;
  #shown: Snapshot | undefined;
  #wake: (() => void) | undefined;
  #lost = false;
  #closed = false;

  constructor(
    selector: SeriesSelector,
    limits: SubscriptionLimits,
    counters: LiveCounters,
    onClose: (subscription: Subscription) => void,
  ) {
    this.selector = selector;
    this.#limits = limits;
    this.#counters = counters;
    this.#onClose = onClose;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Puts an event in. */
  push(event: SampleEvent): void {
    if (this.#overflow === undefined) {
      this.#queue.push(event);
      this.#bytes += event.bytes;
      const { maxEvents, maxBytes } = this.#limits;
      if (this.#queue.length > maxEvents || this.#bytes > maxBytes) this.#keepLatest();
    } else {
      this.#overflow.add(event);
    }
    this.#ready();
  }

  /** Leaves out what a snapshot holds: its subscriber has it, from another node. */
  leaveOut(shown: Snapshot): void {
    this.#shown = shown;
  }

  /** Drops everything that waits: commits were lost, so the stream has to open anew. */
  lose(): void {
    this.clear();
    this.#lost = true;
    this.#ready();
  }

  /** Whether commits were lost since the last call. */
  takeLoss(): boolean {
    const lost = this.#lost;
    this.#lost = false;
    return lost;
  }

  /** Everything that waits, in order. */
  take(): LiveEvent[] {
    const overflow = this.#overflow;
    const events = overflow?.latest() ?? this.#queue;
    this.clear();
    const shown = this.#shown;
    const wanted = shown === undefined ? events : events.filter(({ xid }) => !holds(shown, xid));
    if (overflow === undefined || wanted.length === 0) return wanted;
    this.#counters.dropped += overflow.skipped;
    this.#counters.gaps++;
    const gap = { from: overflow.from, to: overflow.to, skipped: overflow.skipped };
    return [gapEvent(wanted[0]!.idBefore, { ...gap, reason: 'slow_consumer' }), ...wanted];
  }

  /** Resolves once something waits or the subscription is closed. */
  async wait(): Promise<void> {
    if (this.#closed || this.#lost || this.#overflow !== undefined || this.#queue.length > 0) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Ends it; a second call does nothing more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.clear();
    this.#onClose(this);
    this.#ready();
  }

  #keepLatest(): void {
    const overflow = new Overflow(this.#limits.maxEvents);
    for (const waiting of this.#queue) overflow.add(waiting);
    this.clear();
    this.#overflow = overflow;
  }

  /** Drops everything that waits. */
  clear(): void {
    this.#queue = [];
    this.#bytes = 0;
    this.#overflow = undefined;
  }

  #ready(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

/** The latest event of each series, and what was left out between. */
class Overflow {
  readonly #latest = new Map<number, SampleEvent>();
  readonly #maxSeries: number;
  skipped = 0;
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = 0;

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  get from(): Date {
    return new Date(this.#firstMs);
  }

  get to(): Date {
    return new Date(this.#lastMs);
  }

  add(event: SampleEvent): void {
    const before = this.#latest.get(event.series.id);
    if (before !== undefined) this.#skip(before);
    this.#latest.set(event.series.id, event);
    if (this.#latest.size > this.#maxSeries) this.#skip(this.#latest.values().next().value!);
  }

  latest(): SampleEvent[] {
    return [...this.#latest.values()];
  }

  #skip(event: SampleEvent): void {
    this.#latest.delete(event.series.id);
    this.skipped++;
    this.#firstMs = Math.min(this.#firstMs, event.publishedMs);
    this.#lastMs = event.publishedMs;
  }
}
