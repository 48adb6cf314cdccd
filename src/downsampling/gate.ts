import { HyperdashError } from '../errors.ts';

/** Lets a bounded number of jobs in at once and a bounded number wait, in order. */
export class Gate {
  readonly #slots: number;
  readonly #maxWaiting: number;
  readonly #refusal: string;
  readonly #waiting = new Set<Waiter>();
  #running = 0;
  #refused = 0;
  #closed = false;
  #onIdle: (() => void) | undefined;

  /**
   * @param slots jobs inside at once, at least 1
   * @param maxWaiting jobs waiting to get in, at least 0
   * @param refusal what is said to those turned away
   */
  constructor(slots: number, maxWaiting: number, refusal: string) {
    this.#slots = slots;
    this.#maxWaiting = maxWaiting;
    this.#refusal = refusal;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Jobs turned away because too many waited. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Waits for a slot; whoever got one gives it back by {@link Gate.leave}.
   * @throws HyperdashError SERVICE_UNAVAILABLE where too many wait or the gate is closed, CLIENT_CLOSED_REQUEST where
   * the signal is aborted before there is a slot
   */
  async enter(signal?: AbortSignal): Promise<void> {
    if (this.#closed) throw closing();
    if (signal?.aborted) throw cancelled();
    if (this.#running < this.#slots) {
      this.#running++;
      return;
    }
    if (this.#waiting.size >= this.#maxWaiting) {
      this.#refused++;
      throw new HyperdashError('SERVICE_UNAVAILABLE', this.#refusal);
    }
    await this.#wait(signal);
  }

  /** Gives a slot back, to whoever has waited longest. */
  leave(): void {
    const [next] = this.#waiting;
    if (next) {
      next.enter();
      return;
    }
    this.#running--;
    if (this.#running === 0) this.#onIdle?.();
  }

  /** Turns away whoever waits or comes, and resolves once nobody is inside. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiting) waiter.refuse(closing());
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#waiting.delete(waiter);
        signal?.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        enter: () => {
          settle();
          resolve();
        },
        refuse: (error) => {
          settle();
          reject(error);
        },
      };
      const onAbort = () => waiter.refuse(cancelled());
      signal?.addEventListener('abort', onAbort);
      this.#waiting.add(waiter);
    });
  }
}

interface Waiter {
  enter(): void;
  refuse(error: HyperdashError): void;
}

/** The client went away before its answer was ready. */
export function cancelled(): HyperdashError {
  return new HyperdashError('CLIENT_CLOSED_REQUEST', 'The request was cancelled.');
}

function closing(): HyperdashError {
  return new HyperdashError('SERVICE_UNAVAILABLE', 'The server is shutting down.');
}
