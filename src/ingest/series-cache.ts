import type { SeriesIdentity } from '../store/resolve-series.ts';

/** Looks up ids of series in the catalogue, in the order given; adds those that are new. */
export type ResolveSeries = (identities: readonly SeriesIdentity[]) => Promise<number[]>;

/** Remembers the ids of the series that were written last. */
export class SeriesCache {
  readonly #ids = new Map<string, number>();
  readonly #resolve: ResolveSeries;
  readonly #maxEntries: number;

  /** @param maxEntries how many series are remembered; those unused the longest are forgotten first */
  constructor(resolve: ResolveSeries, maxEntries: number) {
    this.#resolve = resolve;
    this.#maxEntries = maxEntries;
  }

  /** The ids of the series given, in their order; one question to the store for all that are not remembered. */
  async idsOf(identities: readonly SeriesIdentity[]): Promise<Int32Array> {
    const keys = identities.map(keyOf);
    const found = new Map<string, number>();
    const unknown = new Map<string, SeriesIdentity>();
    for (const [index, key] of keys.entries()) {
      const id = this.#ids.get(key);
      if (id === undefined) unknown.set(key, identities[index]!);
      else found.set(key, id);
    }
    if (unknown.size > 0) {
      const ids = await this.#resolve([...unknown.values()]);
      for (const [index, key] of [...unknown.keys()].entries()) found.set(key, ids[index]!);
    }
    this.#remember(found);
    return Int32Array.from(keys, (key) => found.get(key)!);
  }

  #remember(used: ReadonlyMap<string, number>): void {
    for (const [key, id] of used) {
      this.#ids.delete(key);
      this.#ids.set(key, id);
    }
    for (const key of this.#ids.keys()) {
      if (this.#ids.size <= this.#maxEntries) break;
      this.#ids.delete(key);
    }
  }
}

/** Names hold no control characters, so none can run into the next; a new unit or kind is looked up again. */
function keyOf({ metricName, host, labels, unit = '', kind = '' }: SeriesIdentity): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return [metricName, host, unit, kind, ...sorted.flat()].join('\0');
}
