import type { SampleColumns } from '../domain/sample-columns.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Origin } from './event.ts';

/** Some samples of one commit, published together. */
export interface RingEntry extends Origin {
  readonly samples: SampleColumns;
  /** What had passed for certain when it was published; it holds neither this entry nor a later one. */
  readonly snapshot: Snapshot;
}

/** Samples published in one go; sockets get their turn before the next. */
const ENTRY_MAX_SAMPLES = 256;

/** Cuts the samples of a commit into pieces of an entry each, without copying. */
export function* entriesOf({ seriesIds, times, values }: SampleColumns): Generator<SampleColumns> {
  for (let from = 0; from < times.length; from += ENTRY_MAX_SAMPLES) {
    const to = from + ENTRY_MAX_SAMPLES;
    yield {
      seriesIds: seriesIds.subarray(from, to),
      times: times.subarray(from, to),
      values: values.subarray(from, to),
    };
  }
}

/** What an entry takes besides its samples, counted in samples. */
const ENTRY_SAMPLES = 20;
/** Room of entries that have fallen out is given back once there are so many. */
const COMPACT_ENTRIES = 1024;

/** The entries published last, numbered one after the other; the oldest fall out. */
export class Ring {
  readonly #maxSamples: number;
  /** Entries that have fallen out, up to `#head`, then those that are kept. */
  #entries: (RingEntry | undefined)[] = [];
  #head = 0;
  #first = 0;
  #samples = 0;

  /** @param maxSamples bound of all entries together, 20 bytes a sample; the newest entry is kept whatever its size */
  constructor(maxSamples: number) {
    this.#maxSamples = maxSamples;
  }

  /** The number of the oldest entry that is kept. */
  get first(): number {
    return this.#first;
  }

  /** The number that the next entry gets. */
  get end(): number {
    return this.#first + this.#entries.length - this.#head;
  }

  push(entry: RingEntry): void {
    this.#entries.push(entry);
    this.#samples += entry.samples.times.length + ENTRY_SAMPLES;
    while (this.#samples > this.#maxSamples && this.#head < this.#entries.length - 1) {
      this.#samples -= this.#entries[this.#head]!.samples.times.length + ENTRY_SAMPLES;
      this.#entries[this.#head++] = undefined;
      this.#first++;
    }
    if (this.#head < COMPACT_ENTRIES || this.#head * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }

  /** Undefined where the entry has fallen out or is yet to come. */
  get(number: number): RingEntry | undefined {
    return number < this.#first ? undefined : this.#entries[number - this.#first + this.#head];
  }

  /** The entries from `from` (kept still) up to but without `to`. */
  slice(from: number, to: number): readonly RingEntry[] {
    const shift = this.#head - this.#first;
    return this.#entries.slice(from + shift, to + shift) as RingEntry[];
  }
}
