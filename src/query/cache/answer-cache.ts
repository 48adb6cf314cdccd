import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Database } from '../../store/database.ts';
import { SETTLED_AFTER_MS } from '../../store/settle-past.ts';
import { type PastQuestion, settledVersion } from '../../store/settled-version.ts';
import { type ReadExtent, rowsOf } from '../read-turns.ts';
import type { Reads } from '../reads.ts';
import type { Timings } from '../timings.ts';
import { Flights } from './flights.ts';
import {
  bytesOf,
  compact,
  decodeAnswer,
  encodeAnswer,
  type KeptAnswer,
  type VersionedAnswer,
} from './kept-answer.ts';
import type { RedisAnswers } from './redis-answers.ts';

/** How long an answer is kept; what is written meanwhile is noticed by its version. */
export const ANSWERS_KEPT_MS = 3_600_000;
/** Below this an answer is computed about as fast as its version is read. */
const COSTLY_ROWS = 5_000;

/** What is asked: all that the answer depends on besides what is stored. */
export interface CacheQuestion {
  readonly past: PastQuestion;
  readonly extent: ReadExtent;
  /** Distinguishes it from every other question about the same range and tier. */
  readonly key: unknown;
  /** Spares a look-up for a range that cannot have settled; decides nothing. */
  readonly nowMs: number;
}

/** What an answer is computed with. */
export interface Computing {
  readonly signal: AbortSignal | undefined;
  /** To be called on the connection that is read from, before it is. */
  readonly before?: (connection: Database) => Promise<void>;
}

/** How lookups went since the start. A question that is cheap or about the last minutes is no lookup. */
export interface CacheCounters {
  /** Found in this node's memory, and in Redis. */
  readonly memory: number;
  readonly redis: number;
  /** Computed once for several that asked at the same time; the first is a miss. */
  readonly shared: number;
  readonly missed: number;
  /** Passed by, since the range may still change. */
  readonly unsettled: number;
  /** Now in memory. */
  readonly bytes: number;
}

/** How an answer is computed. */
export type Compute<Facts> = (computing: Computing) => Promise<KeptAnswer<Facts>>;

/** What an {@link AnswerCache} needs. */
export interface AnswerCacheOptions {
  readonly reads: Reads;
  /** Of answers in memory; 0 keeps none at all. */
  readonly maxBytes: number;
  /** Kept here too, for other nodes and after a restart. */
  readonly redis?: RedisAnswers | undefined;
}

/**
 * Keeps the costly part of answers about a past that has settled. It trusts no message and no clock: with each lookup
 * the database is asked for the version of the range, and what is kept counts only where it is of that version. The
 * version of an entry was read on the connection that its columns came from, before them: they may be newer than it,
 * never older.
 */
export class AnswerCache {
  /** Whether it keeps anything. */
  readonly enabled: boolean;
  readonly #reads: Reads;
  readonly #kept: LRUCache<string, VersionedAnswer>;
  readonly #redis: RedisAnswers | undefined;
  readonly #flights = new Flights<KeptAnswer<unknown>>();
  readonly #counts = { memory: 0, redis: 0, shared: 0, missed: 0, unsettled: 0 };

  constructor({ reads, maxBytes, redis }: AnswerCacheOptions) {
    this.#reads = reads;
    this.enabled = maxBytes > 0;
    this.#redis = redis;
    this.#kept = new LRUCache({
      maxSize: Math.max(1, maxBytes),
      sizeCalculation: ({ answer }) => bytesOf(answer),
      ttl: ANSWERS_KEPT_MS,
    });
  }

  get counters(): CacheCounters {
    return { ...this.#counts, bytes: this.#kept.calculatedSize };
  }

  /**
   * The answer, kept or computed; its columns are shared, and to be read alone.
   * @throws what computing it throws, and HyperdashError as {@link Reads.run}
   */
  async answer<Facts>(
    question: CacheQuestion,
    compute: Compute<Facts>,
    { signal, timings }: { readonly signal: AbortSignal | undefined; readonly timings: Timings },
  ): Promise<KeptAnswer<Facts>> {
    if (!this.enabled || !isWorthKeeping(question)) return compute({ signal });
    const version = await timings.measure('cache', () =>
      this.#reads.run((engine) => settledVersion(engine.pool, question.past), signal),
    );
    if (version === undefined) {
      this.#counts.unsettled++;
      return compute({ signal });
    }
    const key = keyOf(question);
    const entry = this.#kept.get(key);
    if (entry?.version === version) {
      this.#counts.memory++;
      return entry.answer as KeptAnswer<Facts>;
    }
    const flight = `${key} ${version}`;
    if (this.#flights.has(flight)) this.#counts.shared++;
    const find = async (signal: AbortSignal) =>
      (await timings.measure('cache', () => this.#fromRedis(key, version))) ??
      this.#computed(key, question.past, compute, signal);
    return (await this.#flights.join(flight, find, signal)) as KeptAnswer<Facts>;
  }

  async #fromRedis(key: string, version: string): Promise<KeptAnswer<unknown> | undefined> {
    const bytes = await this.#redis?.get(key);
    const entry = bytes && decodeAnswer(bytes);
    if (entry?.version !== version) return undefined;
    this.#counts.redis++;
    this.#kept.set(key, entry);
    return entry.answer;
  }

  async #computed(
    key: string,
    past: PastQuestion,
    compute: Compute<unknown>,
    signal: AbortSignal,
  ): Promise<KeptAnswer<unknown>> {
    this.#counts.missed++;
    let version: string | undefined;
    const before = async (connection: Database): Promise<void> => {
      version = await settledVersion(connection, past);
    };
    const answer = compact(await compute({ signal, before }));
    if (version !== undefined) {
      this.#kept.set(key, { version, answer });
      this.#redis?.set(key, encodeAnswer({ version, answer }));
    }
    return answer;
  }
}

function isWorthKeeping({ extent, past, nowMs }: CacheQuestion): boolean {
  return past.range.toMs <= nowMs - SETTLED_AFTER_MS && rowsOf(extent) >= COSTLY_ROWS;
}

function keyOf({ past: { resolution, range }, key }: CacheQuestion): string {
  const text = JSON.stringify([resolution, range.fromMs, range.toMs, key]);
  return createHash('sha256').update(text).digest('base64url');
}
