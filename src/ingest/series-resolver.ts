import type { SeriesIdentity } from '../store/resolve-series.ts';
import type { SeriesRef } from './series-registry.ts';

/** Looks up ids in the catalogue, in the order given, and adds what is new; undefined where there is no room for it. */
export type ResolveSeries = (
  identities: readonly SeriesIdentity[],
) => Promise<readonly (number | undefined)[]>;

/** Between two questions about a series that the catalogue had no room for. */
const REFUSED_FOR_MS = 60_000;

/** Asks the catalogue for the ids of series: one question at a time, for all requests that came meanwhile. */
export class SeriesResolver {
  readonly #resolve: ResolveSeries;
  readonly #nowMs: () => number;
  #gathering = new Set<SeriesRef>();
  #next: Promise<void> | undefined;
  #current: Promise<void> = Promise.resolve();

  constructor(resolve: ResolveSeries, nowMs: () => number) {
    this.#resolve = resolve;
    this.#nowMs = nowMs;
  }

  /**
   * Sets the ids of the series given. One that the catalogue has no room for keeps the id 0.
   * @throws HyperdashError SERVICE_UNAVAILABLE where the database fails
   */
  async resolve(series: ReadonlySet<SeriesRef>): Promise<void> {
    const nowMs = this.#nowMs();
    const asked = [...series].filter(({ refusedUntilMs }) => refusedUntilMs <= nowMs);
    if (asked.length === 0) return;
    for (const ref of asked) this.#gathering.add(ref);
    this.#next ??= this.#current.then(() => this.#askForGathered());
    await this.#next;
  }

  #askForGathered(): Promise<void> {
    const refs = [...this.#gathering].filter(({ id, describe }) => id === 0 || describe);
    this.#gathering = new Set();
    this.#next = undefined;
    const asking = this.#ask(refs);
    this.#current = asking.catch(() => undefined);
    return asking;
  }

  async #ask(refs: readonly SeriesRef[]): Promise<void> {
    if (refs.length === 0) return;
    const ids = await this.#resolve(refs.map(({ identity }) => identity));
    for (const [index, ref] of refs.entries()) {
      const id = ids[index];
      if (id === undefined) {
        ref.refusedUntilMs = this.#nowMs() + REFUSED_FOR_MS;
        continue;
      }
      ref.id = id;
      ref.describe = false;
    }
  }
}
