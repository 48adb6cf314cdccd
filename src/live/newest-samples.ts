import type { SampleColumns } from '../domain/sample-columns.ts';
import type { SeriesSelector } from '../store/matching-series.ts';
import { type LiveSeries, matches, type SeriesDirectory } from './series-directory.ts';

/** Metrics with more series are not kept in mind: the database is asked for each stream. */
export const NEWEST_MAX_SERIES = 20_000;

interface NewestSample {
  readonly series: LiveSeries;
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
  /** By host, as most subscribers ask for one, and then by the id of the series. */
  readonly #byHost = new Map<string, Map<number, NewestSample>>();
  #size = 0;
  #reading: Promise<void> | undefined;
  /** The entry before which it was read. */
  #from = 0;

  /** Takes a sample that is being delivered. */
  note(series: LiveSeries, timeMs: number, value: number, entry: number): void {
    if (this.#reading === undefined) return;
    const ofHost = this.#byHost.get(series.host) ?? new Map<number, NewestSample>();
    const before = ofHost.get(series.id);
    if (before !== undefined && timeMs <= before.timeMs) return;
    if (before === undefined) this.#size++;
    this.#byHost.set(series.host, ofHost.set(series.id, { series, timeMs, value, entry }));
  }

  /**
   * The newest samples of the selected series that were delivered before an entry, in no order; a series that the entry
   * or a later one has brought a newer sample of is left out.
   * @param directory learns the names of what is read
   * @returns undefined where there are too many series, or it was read later than that
   */
  async before(
    entry: number,
    selector: SeriesSelector,
    directory: SeriesDirectory,
    read: ReadNewest,
  ): Promise<SampleColumns | undefined> {
    this.#reading ??= this.#read(entry, directory, read);
    await this.#reading;
    if (entry < this.#from || this.#size > NEWEST_MAX_SERIES) return undefined;
    const { host } = selector;
    const hosts = host === undefined ? this.#byHost.values() : [this.#byHost.get(host) ?? new Map()];
    const wanted: NewestSample[] = [];
    for (const ofHost of hosts)
      for (const sample of ofHost.values())
        if (sample.entry < entry && matches(sample.series, selector)) wanted.push(sample);
    return {
      seriesIds: Int32Array.from(wanted, ({ series }) => series.id),
      times: Float64Array.from(wanted, ({ timeMs }) => timeMs),
      values: Float64Array.from(wanted, ({ value }) => value),
    };
  }

  async #read(entry: number, directory: SeriesDirectory, read: ReadNewest): Promise<void> {
    this.#from = entry;
    try {
      const { seriesIds, times, values } = await read();
      await directory.learn(seriesIds);
      for (const [i, id] of seriesIds.entries()) {
        const series = directory.get(id);
        if (series !== undefined) this.note(series, times[i]!, values[i]!, -1);
      }
    } catch (error) {
      this.#reading = undefined;
      this.#byHost.clear();
      this.#size = 0;
      throw error;
    }
  }
}
