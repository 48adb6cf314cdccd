import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Committed } from '../domain/committed.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { SampleEvent } from './event.ts';
import { type Cursor, EntryIds } from './event-id.ts';
import { entriesOf, Ring, type RingEntry } from './ring.ts';
import type { SeriesDirectory } from './series-directory.ts';
import type { SubscriptionIndex } from './subscription-index.ts';

/** What a {@link Delivery} is made of. */
export interface DeliveryParts {
  readonly directory: SeriesDirectory;
  readonly index: SubscriptionIndex;
  /** Samples that the ring keeps for streams that resume, 20 bytes each. */
  readonly ringMaxSamples: number;
  /** Ends it. */
  readonly closing: AbortSignal;
}

/** Keeps what was committed in a ring, and hands it to the subscriptions that match, one entry a turn. */
export class Delivery {
  readonly #parts: DeliveryParts;
  #epoch = '';
  #ring: Ring;
  #next = 0;
  #delivering = false;
  /** The commit that is being delivered, or was last. */
  #current = 0;
  /** What waits for its end. */
  #waiting: (() => void)[] = [];

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#ring = new Ring(parts.ringMaxSamples);
  }

  /** Names the run of the ring that ids refer to. */
  get epoch(): string {
    return this.#epoch;
  }

  /** The entry whose turn is next. */
  get next(): number {
    return this.#next;
  }

  /** The entries that are yet to be delivered. */
  get pending(): readonly RingEntry[] {
    return this.#ring.slice(this.#next, this.#ring.end);
  }

  /** Starts a new epoch: ids of the one before mean nothing to the ring any more. */
  begin(): void {
    this.#epoch = Math.random().toString(36).slice(2, 10).padEnd(8, '0');
    this.#ring = new Ring(this.#parts.ringMaxSamples);
    this.#next = 0;
  }

  /** Commits were lost for all: every stream says so and opens anew. */
  lose(): void {
    this.begin();
    this.#parts.index.lose();
  }

  /** Takes a commit. @param snapshot does not hold it */
  append({ xid, samples }: Committed, snapshot: Snapshot, publishedMs: number): void {
    for (const piece of entriesOf(samples)) {
      const ids = new EntryIds({ epoch: this.#epoch, entry: this.#ring.end, atMs: publishedMs, snapshot });
      this.#ring.push({ xid, samples: piece, snapshot, publishedMs, ids });
    }
    if (!this.#delivering) void this.#deliverAll();
  }

  /** Acts as soon as no commit is half delivered. */
  async betweenCommits<Answer>(act: () => Answer): Promise<Answer> {
    if (this.#ring.get(this.#next)?.xid !== this.#current) return act();
    return new Promise((resolve) => this.#waiting.push(() => resolve(act())));
  }

  /** Whether the ring reaches back to a cursor. */
  reaches({ epoch, entry }: Cursor): boolean {
    return epoch === this.#epoch && entry >= this.#ring.first && entry <= this.#next;
  }

  /** The entries from `from` (kept still) up to but without `to`. */
  between(from: number, to: number): readonly RingEntry[] {
    return this.#ring.slice(from, to);
  }

  async #deliverAll(): Promise<void> {
    const { directory, closing } = this.#parts;
    this.#delivering = true;
    while (this.#next < this.#ring.end && !closing.aborted) {
      const ring = this.#ring;
      const entry = ring.get(this.#next);
      if (entry === undefined) {
        // It fell out before its turn.
        this.lose();
        continue;
      }
      if (entry.xid !== this.#current) this.#actBetween();
      this.#current = entry.xid;
      if (!directory.knows(entry.samples.seriesIds)) await directory.learn(entry.samples.seriesIds);
      if (ring !== this.#ring) continue;
      this.#deliver(entry);
      this.#next++;
      if (this.#next < ring.end) await nextTurn();
    }
    this.#actBetween();
    this.#delivering = false;
  }

  #actBetween(): void {
    for (const act of this.#waiting.splice(0)) act();
  }

  #deliver(entry: RingEntry): void {
    const { directory, index } = this.#parts;
    const { seriesIds, times, values } = entry.samples;
    for (let i = 0; i < seriesIds.length; i++) {
      const series = directory.get(seriesIds[i]!);
      if (series === undefined) continue;
      const topic = index.topic(series.metricName);
      if (topic === undefined) continue;
      topic.newest.note(series, times[i]!, values[i]!, this.#next);
      const subscriptions = topic.match(series);
      if (subscriptions.length === 0) continue;
      const event = new SampleEvent(series, times[i]!, values[i]!, entry, i);
      for (const subscription of subscriptions) subscription.push(event);
    }
  }
}
