import type { SampleColumns } from '../domain/sample-columns.ts';

/** Metrics with more series are not kept in mind: the database is asked for each stream. */
export const NEWEST_MAX_SERIES = 20_000;

interface NewestSample {
  readonly timeMs: number;
  readonly value: number;
  /** The entry that brought it; -1 where it was read. */
  readonly entry: number;
}

/** Reads the newest sample of every series of the metric, {@link NEWEST_MAX_SERIES} and one at most. */
export type ReadNewest = () => Promise<SampleColumns>;

/**
 * The newest sample of each series of one metric: read once, then kept up to date by what is delivered, so that a
 * thousand clients who come at once cost one question to the database.
 */
export class NewestSamples {
  readonly #samples = new Map<number, NewestSample>();
  #reading: Promise<void> | undefined;
  /** The entry before which it was read. */
  #from = 0;

  /** Takes a sample that is being delivered. */
  note(seriesId: number, timeMs: number, value: number, entry: number): void {
    if (this.#reading === undefined) return;
    const before = this.#samples.get(seriesId);
    if (before === undefined || timeMs > before.timeMs) this.#samples.set(seriesId, { timeMs, value, entry });
  }

  /**
   * The newest samples of series that were delivered before an entry, in no order; a series that the entry or a later
   * one has brought a newer sample of is left out.
   * @param isWanted tells whether a series is wanted, by id
   * @returns undefined where there are too many series, or it was read later than that
   */
  async before(
    entry: number,
    isWanted: (seriesId: number) => boolean,
    read: ReadNewest,
  ): Promise<SampleColumns | undefined> {
    this.#reading ??= this.#read(entry, read);
    await this.#reading;
    if (entry < this.#from || this.#samples.size > NEWEST_MAX_SERIES) return undefined;
    const wanted = [...this.#samples].filter(([id, sample]) => sample.entry < entry && isWanted(id));
    return {
      seriesIds: Int32Array.from(wanted, ([id]) => id),
      times: Float64Array.from(wanted, ([, { timeMs }]) => timeMs),
      values: Float64Array.from(wanted, ([, { value }]) => value),
    };
  }

  async #read(entry: number, read: ReadNewest): Promise<void> {
    this.#from = entry;
    try {
      const { seriesIds, times, values } = await read();
      for (const [i, id] of seriesIds.entries()) this.note(id, times[i]!, values[i]!, -1);
    } catch (error) {
      this.#reading = undefined;
      this.#samples.clear();
      throw error;
    }
  }
}
