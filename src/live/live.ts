import type { LiveInput } from '../contract/live.ts';
import type { Committed } from '../domain/committed.ts';
import type { Engine } from '../engine/engine.ts';
import { databaseIdentity } from '../store/database-identity.ts';
import { describeSeries } from '../store/describe-series.ts';
import { pruneCommitLog, wantCommitLog } from '../store/keep-commit-log.ts';
import { readCommits } from '../store/read-commits.ts';
import type { Bus } from './bus.ts';
import { createCounters, type LiveCounters } from './counters.ts';
import { Feed, type FeedLimits } from './feed.ts';
import { openRedisBus } from './redis-bus.ts';
import { type LiveStream, openStream } from './stream.ts';

/** Bounds of the live streams. */
export const LIVE_LIMITS: FeedLimits = {
  subscription: { maxEvents: 2048, maxBytes: 1024 * 1024 },
  ringMaxSamples: 500_000,
  tailIntervalMs: 1_000,
  renewMs: 30_000,
  lingerMs: 60_000,
};

const REPLAY_MAX_SAMPLES = 50_000;
const NEWEST_SHOWN_MAX_SERIES = 1_000;

/** What {@link createLive} needs. */
export interface LiveOptions {
  readonly engine: Engine;
  /** Where the nodes over one database meet; without it they learn of each other's samples within a second or two. */
  readonly redisUrl?: string | undefined;
  readonly onError: (error: unknown) => void;
  readonly limits?: Partial<FeedLimits>;
}

/** The live streams of this node. */
export interface Live {
  readonly counters: LiveCounters;
  /** Takes what this node has committed; never throws, never waits. */
  publish(committed: Committed): void;
  /** Subscribes, and gives one subscriber's stream, in batches; it ends as soon as `signal` aborts. */
  open(input: LiveInput, signal: AbortSignal): Promise<LiveStream>;
  /** Ends every stream. */
  close(): Promise<void>;
}

/** Joins the feed, the commit log and the bus. */
export async function createLive(options: LiveOptions): Promise<Live> {
  const { engine, redisUrl, onError } = options;
  const counters = createCounters();
  const nowMs = Date.now;
  const bus: Bus | undefined = redisUrl
    ? openRedisBus({
        url: redisUrl,
        database: await databaseIdentity(engine),
        onCommit: (committed) => feed.publish(committed),
        onError,
      })
    : undefined;
  const feed = new Feed({
    log: {
      want: () => wantCommitLog(engine),
      read: (since, except, maxSamples) => readCommits(engine, since, except, maxSamples),
      prune: () => pruneCommitLog(engine),
    },
    describeSeries: (ids) => describeSeries(engine, ids),
    counters,
    onError,
    onAwake: (awake) => bus?.listen(awake),
    nowMs,
    limits: { ...LIVE_LIMITS, ...options.limits },
  });
  const parts = {
    engine,
    feed,
    counters,
    onError,
    nowMs,
    replayMaxSamples: REPLAY_MAX_SAMPLES,
    newestMaxSeries: NEWEST_SHOWN_MAX_SERIES,
  };
  return {
    counters,
    publish(committed) {
      feed.publish(committed);
      bus?.send(committed);
    },
    open: (input, signal) => openStream(parts, input, signal),
    async close() {
      await feed.close();
      await bus?.close();
    },
  };
}
