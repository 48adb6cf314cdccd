import type { SampleColumns } from '../domain/sample-columns.ts';
import { HyperdashError } from '../errors.ts';

/** Bounds of a {@link GroupCommit}. */
export interface GroupCommitLimits {
  /** Samples that may wait or be in flight; more are refused. */
  readonly maxPendingRows: number;
  /** A commit takes no further batch once it holds this many samples. */
  readonly maxCommitRows: number;
  /** Commits in flight at once. */
  readonly maxCommits: number;
}

/** Commits batches together; gives how many samples of each were inserted. */
export type Commit = (batches: readonly SampleColumns[]) => Promise<number[]>;

interface Waiting {
  readonly batch: SampleColumns;
  readonly resolve: (inserted: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets concurrent writers share a commit: while one is in flight the next one gathers, so that a lone writer never
 * waits and many writers pay for few commits.
 */
export class GroupCommit {
  readonly #commit: Commit;
  readonly #limits: GroupCommitLimits;
  #waiting: Waiting[] = [];
  #pendingRows = 0;
  #inFlight = new Set<Promise<void>>();

  constructor(commit: Commit, limits: GroupCommitLimits) {
    this.#commit = commit;
    this.#limits = limits;
  }

  /** Samples that wait or are in flight. */
  get pendingRows(): number {
    return this.#pendingRows;
  }

  /**
   * Resolves once the batch is committed, with how many of its samples were inserted.
   * @throws HyperdashError SERVICE_UNAVAILABLE at once where too much is pending already
   */
  write(batch: SampleColumns): Promise<number> {
    const rows = batch.times.length;
    // A batch larger than the bound may pass alone, or it never could.
    if (this.#pendingRows > 0 && this.#pendingRows + rows > this.#limits.maxPendingRows) {
      return Promise.reject(
        new HyperdashError('SERVICE_UNAVAILABLE', 'too many samples are waiting to be written'),
      );
    }
    this.#pendingRows += rows;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject });
      this.#start();
    });
  }

  /** Resolves once nothing waits or is in flight. */
  async drain(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  #start(): void {
    while (this.#waiting.length > 0 && this.#inFlight.size < this.#limits.maxCommits) {
      const flight: Promise<void> = this.#run(this.#nextGroup()).finally(() => {
        this.#inFlight.delete(flight);
        this.#start();
      });
      this.#inFlight.add(flight);
    }
  }

  #nextGroup(): Waiting[] {
    let rows = 0;
    const full = this.#waiting.findIndex(({ batch }) => {
      rows += batch.times.length;
      return rows >= this.#limits.maxCommitRows;
    });
    return this.#waiting.splice(0, full === -1 ? this.#waiting.length : full + 1);
  }

  async #run(group: readonly Waiting[]): Promise<void> {
    try {
      const inserted = await this.#commit(group.map(({ batch }) => batch));
      for (const [index, { resolve }] of group.entries()) resolve(inserted[index]!);
    } catch (error) {
      for (const { reject } of group) reject(error);
    } finally {
      for (const { batch } of group) this.#pendingRows -= batch.times.length;
    }
  }
}
