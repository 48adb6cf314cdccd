import { cancelled, unlessAborted } from '../../domain/cancellation.ts';

interface Flight<Result> {
  readonly result: Promise<Result>;
  readonly giveUp: AbortController;
  waiting: number;
}

/** Work that several wait for is done once. */
export class Flights<Result> {
  readonly #flights = new Map<string, Flight<Result>>();

  /** Whether the work of this key is under way. */
  has(key: string): boolean {
    return this.#flights.has(key);
  }

  /**
   * The result of the work of this key, which is begun unless it is under way. The signal ends the waiting alone; the
   * work is given up once nobody waits for it any more.
   * @throws HyperdashError CLIENT_CLOSED_REQUEST once the signal is aborted; and what the work throws
   */
  async join(
    key: string,
    work: (signal: AbortSignal) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    if (signal?.aborted) throw cancelled();
    const flight = this.#flights.get(key) ?? this.#begin(key, work);
    flight.waiting++;
    try {
      return await unlessAborted(flight.result, signal);
    } finally {
      if (--flight.waiting === 0) {
        this.#end(key, flight);
        flight.giveUp.abort();
      }
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<Result>): Flight<Result> {
    const giveUp = new AbortController();
    const flight = { result: work(giveUp.signal), giveUp, waiting: 0 };
    this.#flights.set(key, flight);
    const onEnd = () => this.#end(key, flight);
    flight.result.then(onEnd, onEnd);
    return flight;
  }

  #end(key: string, flight: Flight<Result>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
