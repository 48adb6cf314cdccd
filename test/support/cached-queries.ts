import { retentionOf } from '../../src/domain/retention.ts';
import { createDownsampling, type Downsampling } from '../../src/downsampling/downsampling.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { AnswerCache } from '../../src/query/cache/answer-cache.ts';
import type { RedisAnswers } from '../../src/query/cache/redis-answers.ts';
import { createQueries } from '../../src/query/queries.ts';
import type { Queries } from '../../src/query/questions.ts';
import { Reads } from '../../src/query/reads.ts';
import { SETTINGS } from './lifecycle.ts';

/** Queries with a cache of their own, as one node has them. */
export interface CachedQueries {
  readonly queries: Queries;
  readonly cache: AnswerCache;
}

/** Choices for the queries of a test. */
export interface CachedQueriesOptions {
  /** 16 MiB unless given. */
  readonly maxBytes?: number;
  readonly redis?: RedisAnswers;
  /** The node's clock, in epoch milliseconds. */
  readonly nowMs?: () => number;
}

/** Threads that downsample for all tests of a file. */
export function startDownsampling(): Downsampling {
  return createDownsampling({ inlineMaxPoints: 1_000_000, threads: 1, maxQueue: 10 });
}

/** The queries of one node over an engine. */
export function queriesOf(
  engine: Engine,
  downsampling: Downsampling,
  { maxBytes = 16 * 1024 * 1024, redis, nowMs = Date.now }: CachedQueriesOptions = {},
): CachedQueries {
  const reads = new Reads(engine, () => engine, { slots: 4, maxWaiting: 1000, maxWaitMs: 30_000 });
  const cache = new AnswerCache({ reads, maxBytes, redis });
  const queries = createQueries(engine, reads, cache, downsampling, {
    retention: retentionOf(SETTINGS),
    maxRawRows: 5_000_000,
    nowMs,
  });
  return { queries, cache };
}
