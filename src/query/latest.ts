import { LRUCache } from 'lru-cache';
import type { LatestAnswer, LatestInput } from '../contract/latest.ts';
import { parseMatchers } from '../contract/names.ts';
import type { Engine } from '../engine/engine.ts';
import { latestSample, type NewestPast } from '../store/latest-sample.ts';
import { noSeries } from './require-series.ts';

/** Bounds of what is remembered of the past: about a megabyte, and few hours' samples to go through since then. */
const MAX_SELECTORS = 1000;
const REMEMBERED_MS = 3_600_000;

/** What a {@link LatestSamples} needs. */
export interface LatestSamplesOptions {
  readonly engine: Engine;
  /** How long raw samples are kept, in milliseconds; Infinity is forever. */
  readonly retentionMs: number;
  /** Whether anything may be remembered. */
  readonly remember: boolean;
}

/** Finds newest samples, and remembers what a search went through that will not change; the database checks that. */
export class LatestSamples {
  readonly #options: LatestSamplesOptions;
  readonly #pasts = new LRUCache<string, NewestPast>({ max: MAX_SELECTORS, ttl: REMEMBERED_MS });

  constructor(options: LatestSamplesOptions) {
    this.#options = options;
  }

  /**
   * The newest sample of all series that match.
   * @throws HyperdashError NOT_FOUND where nothing matches, SERVICE_UNAVAILABLE where the database fails
   */
  async find(input: LatestInput): Promise<LatestAnswer> {
    const { engine, retentionMs, remember } = this.#options;
    const selector = {
      metricName: input.metric_name,
      host: input.host,
      matchers: parseMatchers(input.match ?? []),
    };
    const key = JSON.stringify(selector);
    const { newest, past } = await latestSample(engine, selector, {
      past: this.#pasts.get(key),
      retentionMs,
    });
    if (past !== undefined && remember) this.#pasts.set(key, past);
    if (newest === undefined) throw noSeries(selector);
    return newest;
  }
}
