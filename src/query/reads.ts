import { Gate } from '../domain/gate.ts';
import type { Engine } from '../engine/engine.ts';
import { HyperdashError } from '../errors.ts';
import { sqlState } from '../store/store-error.ts';

const STATEMENT_TIMEOUT = '57014';

/** Bounds of the reads that may take long. */
export interface ReadLimits {
  /** Reads at once; fewer than the connections, so that what is short never waits for what is long. */
  readonly slots: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
}

/** The reads that may take long, such as a chart's: a bounded number at once, the others in a short queue. */
export class Reads {
  readonly #primary: Engine;
  readonly #current: () => Engine;
  readonly #gate: Gate;

  /** @param current where to read just now: a replica that keeps up, or the primary */
  constructor(primary: Engine, current: () => Engine, limits: ReadLimits) {
    this.#primary = primary;
    this.#current = current;
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
      return await this.#read(read);
    } finally {
      this.#gate.leave();
    }
  }

  async #read<Answer>(read: (engine: Engine) => Promise<Answer>): Promise<Answer> {
    const engine = this.#current();
    try {
      return await read(engine);
    } catch (error) {
      // A replica cancels what is in the way of its replay, and may be gone any time.
      if (engine === this.#primary || !isFailure(error)) throw error;
      return read(this.#primary);
    }
  }

  /** Of now, but `refused`, which counts from the start. */
  get counters(): { readonly running: number; readonly waiting: number; readonly refused: number } {
    const { running, waiting, refused } = this.#gate;
    return { running, waiting, refused };
  }
}

/** Whether the database failed, and did not merely take too long. */
function isFailure(error: unknown): boolean {
  if (!(error instanceof HyperdashError) || error.code !== 'SERVICE_UNAVAILABLE') return false;
  return sqlState(error.cause) !== STATEMENT_TIMEOUT;
}
