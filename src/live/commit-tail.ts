import { setTimeout as sleep } from 'node:timers/promises';
import type { Committed } from '../domain/committed.ts';
import { holds, type Snapshot } from '../domain/snapshot.ts';
import type { LoggedCommits } from '../store/read-commits.ts';

const READ_MAX_SAMPLES = 200_000;

/** The commit log, as the tail uses it. */
export interface CommitLog {
  /** Has commits logged for the next ten minutes; gives a snapshot after which the log lacks none. */
  want(): Promise<Snapshot>;
  read(since: Snapshot, except: readonly number[], maxSamples: number): Promise<LoggedCommits>;
  prune(): Promise<void>;
}

/** What a {@link CommitTail} is made of. */
export interface CommitTailOptions {
  readonly log: CommitLog;
  /** Given every commit that is new, once. */
  readonly onCommit: (committed: Committed) => void;
  /** Commits before this time, epoch milliseconds, are out of reach. */
  readonly onLoss: () => void;
  readonly onError: (error: unknown) => void;
  /** Between two reads. */
  readonly intervalMs: number;
  /** Between two renewals of the wish for a log. */
  readonly renewMs: number;
}

/**
 * Lets every commit pass once, whichever way it comes first: told by this node's writer, by another node over the bus,
 * or read from the commit log, once a second for the whole node and only while it is awake.
 *
 * What has passed is the commits that `snapshot` holds and those in `#passed`; each read moves the snapshot on.
 */
export class CommitTail {
  readonly #options: CommitTailOptions;
  readonly #passed = new Set<number>();
  #snapshot: Snapshot | undefined;
  #stopping: AbortController | undefined;
  #running: Promise<void> | undefined;

  constructor(options: CommitTailOptions) {
    this.#options = options;
  }

  /** Everything that this snapshot holds has passed; undefined while asleep. */
  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** The transactions that have passed besides. */
  get passed(): number[] {
    return [...this.#passed];
  }

  /** Takes a commit that was told; one that has passed already, or comes while asleep, is ignored. */
  accept(committed: Committed): void {
    if (this.#pass(committed.xid)) this.#options.onCommit(committed);
  }

  /** Starts to read; what is committed from here on passes. */
  async wake(): Promise<void> {
    this.#snapshot = await this.#options.log.want();
    const stopping = new AbortController();
    this.#stopping = stopping;
    this.#running = this.#run(stopping.signal);
  }

  /** Stops reading, and forgets what has passed. */
  async sleep(): Promise<void> {
    this.#stopping?.abort();
    await this.#running;
    this.#snapshot = undefined;
    this.#passed.clear();
  }

  async #run(stopping: AbortSignal): Promise<void> {
    let renewedMs = performance.now();
    for (;;) {
      await sleep(this.#options.intervalMs, undefined, { signal: stopping }).catch(() => undefined);
      if (stopping.aborted) return;
      try {
        await this.#readAll();
        if (performance.now() - renewedMs < this.#options.renewMs) continue;
        renewedMs = performance.now();
        await this.#options.log.want();
        await this.#options.log.prune();
      } catch (error) {
        this.#options.onError(error);
      }
    }
  }

  async #readAll(): Promise<void> {
    for (;;) {
      const before = this.#snapshot!;
      const { commits, snapshot, more, completeFrom } = await this.#options.log.read(
        before,
        this.passed,
        READ_MAX_SAMPLES,
      );
      if (completeFrom > before.xmax) this.#options.onLoss();
      this.#passAll(commits);
      if (more) continue;
      this.#snapshot = snapshot;
      for (const xid of this.#passed) if (holds(snapshot, xid)) this.#passed.delete(xid);
      return;
    }
  }

  /** A transaction of several statements has several commits in the log, in a row. */
  #passAll(commits: readonly Committed[]): void {
    let last: number | undefined;
    let passes = false;
    for (const committed of commits) {
      if (committed.xid !== last) passes = this.#pass(committed.xid);
      last = committed.xid;
      if (passes) this.#options.onCommit(committed);
    }
  }

  #pass(xid: number): boolean {
    if (this.#snapshot === undefined || holds(this.#snapshot, xid) || this.#passed.has(xid)) return false;
    this.#passed.add(xid);
    return true;
  }
}
