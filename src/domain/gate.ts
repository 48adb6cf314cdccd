import { HyperdashError } from '../errors.ts';
import { cancelled } from './cancellation.ts';

/** Bounds of a {@link Gate}. */
export interface GateLimits {
  /** Jobs inside at once, at least 1. */
  readonly slots: number;
  /** Jobs waiting to get in, at least 0; more are refused. */
  readonly maxWaiting: number;
  /** Whoever has waited so long is refused; for ever where it is left out. */
  readonly maxWaitMs?: number;
  /** What those who are refused are told. */
  readonly refusal: string;
}

/** Lets a bounded number of jobs in at once and a bounded number wait, in order. */
export class Gate {
  readonly #limits: GateLimits;
  readonly #waiting = new Set<Waiter>();
  #running = 0;
  #refused = 0;
  #closed = false;
  #onIdle: (() => void) | undefined;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Jobs turned away because too many waited, or they waited too long. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Waits for a slot; whoever got one gives it back by {@link Gate.leave}.
   * @throws HyperdashError SERVICE_UNAVAILABLE where too many wait, it took too long or the gate is closed, CLIENT_CLOSED_REQUEST where
   * the signal is aborted before there is a slot
   */
  async enter(signal?: AbortSignal): Promise<void> {
    if (this.#closed) throw closing();
    if (signal?.aborted) throw cancelled();
    if (this.#running < this.#limits.slots) {
      this.#running++;
      return;
    }
    if (this.#waiting.size >= this.#limits.maxWaiting) {
      this.#refused++;
      throw new HyperdashError('SERVICE_UNAVAILABLE', this.#limits.refusal);
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
        clearTimeout(timer);
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
      const { maxWaitMs, refusal } = this.#limits;
      const onLate = () => {
        this.#refused++;
        waiter.refuse(new HyperdashError('SERVICE_UNAVAILABLE', refusal));
      };
      const timer = maxWaitMs === undefined ? undefined : setTimeout(onLate, maxWaitMs);
      signal?.addEventListener('abort', onAbort);
      this.#waiting.add(waiter);
    });
  }
}

interface Waiter {
  enter(): void;
  refuse(error: HyperdashError): void;
}

function closing(): HyperdashError {
  return new HyperdashError('SERVICE_UNAVAILABLE', 'The server is shutting down.');
}
