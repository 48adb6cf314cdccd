/** What a {@link Wakefulness} wakes and puts to sleep. */
export interface Sleeper {
  wake(): Promise<void>;
  sleep(): Promise<void>;
  /** How long it stays awake when its last user has left. */
  readonly lingerMs: number;
}

/** Keeps something awake while it has users, and a while longer. */
export class Wakefulness {
  readonly #sleeper: Sleeper;
  #users = 0;
  #waking: Promise<void> | undefined;
  #sleeping: Promise<void> | undefined;
  #lingering: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(sleeper: Sleeper) {
    this.#sleeper = sleeper;
  }

  /** Counts a user; resolves once it is awake, and rejects, with the user gone, where it cannot be woken. */
  async enter(): Promise<void> {
    this.#users++;
    clearTimeout(this.#lingering);
    try {
      this.#waking ??= this.#wake();
      await this.#waking;
    } catch (error) {
      this.#waking = undefined;
      this.leave();
      throw error;
    }
  }

  /** One user less. */
  leave(): void {
    if (--this.#users > 0 || this.#closed) return;
    this.#lingering = setTimeout(() => {
      this.#waking = undefined;
      this.#sleeping = this.#sleeper.sleep();
    }, this.#sleeper.lingerMs);
    this.#lingering.unref();
  }

  /** Puts nothing to sleep any more; resolves once it neither wakes nor falls asleep. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#lingering);
    await this.#waking?.catch(() => undefined);
    await this.#sleeping;
  }

  async #wake(): Promise<void> {
    await this.#sleeping;
    await this.#sleeper.wake();
  }
}
