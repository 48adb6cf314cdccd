import type { DataSource } from '../contract/resolution.ts';
import type { Plan } from '../domain/tier.ts';
import type { ReadExtent } from './read-turns.ts';

/** A part of answering a request, as `Server-Timing` names it. */
export type Phase = 'plan' | 'cache' | 'database' | 'downsample' | 'encode';

/** How a chart was answered. */
export interface ReadPlan {
  readonly tier: DataSource;
  /** Why this tier. */
  readonly reason: string;
  readonly series: number;
  readonly rangeSeconds: number;
  /** That were read for this answer; none where it was kept. */
  readonly rows: number;
}

/** How a chart is going to be answered, before any row is read. */
export function readPlan({ source, reason }: Plan, { rangeMs, seriesCount }: ReadExtent): ReadPlan {
  return { tier: source, reason, series: seriesCount, rangeSeconds: rangeMs / 1000, rows: 0 };
}

/** Where the time of one request went, and on what. */
export class Timings {
  /** Undefined until it is known, and for what is not a chart. */
  plan: ReadPlan | undefined;
  readonly #spentMs = new Map<Phase, number>();

  /** Does the work and adds its time, waiting included, to the phase. */
  async measure<Result>(phase: Phase, work: () => Result | Promise<Result>): Promise<Result> {
    const startedMs = performance.now();
    try {
      return await work();
    } finally {
      this.#spentMs.set(phase, (this.#spentMs.get(phase) ?? 0) + performance.now() - startedMs);
    }
  }

  /** Milliseconds by phase. */
  get spentMs(): ReadonlyMap<Phase, number> {
    return this.#spentMs;
  }

  /** The value of a `Server-Timing` header, in milliseconds: `plan;dur=0.05, database;dur=2.31`. */
  toHeader(): string {
    return Array.from(this.#spentMs, ([phase, ms]) => `${phase};dur=${ms.toFixed(2)}`).join(', ');
  }
}
