import type { SampleColumns } from '../domain/sample-columns.ts';
import type { Duplicates } from '../store/write-samples.ts';

/** Bounds of a {@link GroupCommit}. */
export interface GroupCommitLimits {
  /** A commit takes no further batch once it holds this many samples. */
  readonly maxCommitRows: number;
  /** Commits in flight at once. */
  readonly maxCommits: number;
  /** A commit starts beside others only once so many samples wait for it. */
  readonly minParallelRows: number;
}

/** Commits batches together; gives the duplicates of each. */
export type Commit = (batches: readonly SampleColumns[]) => Promise<readonly Duplicates[]>;

interface Waiting {
  readonly batch: SampleColumns;
  readonly resolve: (duplicates: Duplicates) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets concurrent writers share a commit: while one is in flight the next one gathers, so that a lone writer never
 * waits and many small writers pay for few commits. Several run at once only where each has enough to write.
 */
export class GroupCommit {
  readonly #commit: Commit;
  readonly #limits: GroupCommitLimits;
  #waiting: Waiting[] = [];
  #waitingRows = 0;
  #inFlight = new Set<Promise<void>>();

  constructor(commit: Commit, limits: GroupCommitLimits) {
    this.#commit = commit;
    this.#limits = limits;
  }

  /** Resolves once the batch is committed, with the rows that were ignored as duplicates. */
  write(batch: SampleColumns): Promise<Duplicates> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject });
      this.#waitingRows += batch.times.length;
      this.#start();
    });
  }

  /** Resolves once nothing waits or is in flight. */
  async drain(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  #start(): void {
    while (this.#mayStart()) {
      const flight: Promise<void> = this.#run(this.#nextGroup()).finally(() => {
        this.#inFlight.delete(flight);
        this.#start();
      });
      this.#inFlight.add(flight);
    }
  }

  #mayStart(): boolean {
    if (this.#waiting.length === 0) return false;
    if (this.#inFlight.size === 0) return true;
    return this.#inFlight.size < this.#limits.maxCommits && this.#waitingRows >= this.#limits.minParallelRows;
  }

  #nextGroup(): Waiting[] {
    let rows = 0;
    let batches = 0;
    while (batches < this.#waiting.length && rows < this.#limits.maxCommitRows) {
      rows += this.#waiting[batches++]!.batch.times.length;
    }
    this.#waitingRows -= rows;
    return this.#waiting.splice(0, batches);
  }

  async #run(group: readonly Waiting[]): Promise<void> {
    try {
      const duplicates = await this.#commit(group.map(({ batch }) => batch));
      for (const [index, { resolve }] of group.entries()) resolve(duplicates[index]!);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
