import { Gate } from '../domain/gate.ts';
import type { Engine } from '../engine/engine.ts';

/** Bounds of the reads that may take long. */
export interface ReadLimits {
  /** Reads at once; fewer than the connections, so that what is short never waits for what is long. */
  readonly slots: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
}

/** The reads that may take long, such as a chart's: a bounded number at once, the others in a short queue. */
export class Reads {
  readonly #engine: () => Engine;
  readonly #gate: Gate;

  /** @param engine where to read just now: a replica that keeps up, or the primary */
  constructor(engine: () => Engine, limits: ReadLimits) {
    this.#engine = engine;
    this.#gate = new Gate({ ...limits, refusal: 'too many queries are under way; ask again shortly' });
  }

  /**
   * Reads once it is its turn.
   * @throws HyperdashError SERVICE_UNAVAILABLE where too many wait or it waited too long, CLIENT_CLOSED_REQUEST where
   *   the signal is aborted before its turn; and what the read throws
   */
  async run<Answer>(read: (engine: Engine) => Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
    await this.#gate.enter(signal);
    try {
      return await read(this.#engine());
    } finally {
      this.#gate.leave();
    }
  }

  /** Of now, but `refused`, which counts from the start. */
  get counters(): { readonly running: number; readonly waiting: number; readonly refused: number } {
    const { running, waiting, refused } = this.#gate;
    return { running, waiting, refused };
  }
}
