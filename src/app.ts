import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { admissionOf } from './admission-of.ts';
import { type Agent, machineReaders, startAgent } from './agent/agent.ts';
import { createQuietLog } from './agent/quiet-log.ts';
import type { AgentSample } from './agent/rounds.ts';
import { type SelfFigure, selfReader } from './agent/self.ts';
import type { Config } from './config.ts';
import { inTime } from './domain/in-time.ts';
import { oldestAcceptableMs, retentionOf } from './domain/retention.ts';
import { createDownsampling } from './downsampling/downsampling.ts';
import type { Engine } from './engine/engine.ts';
import { type Replica, watchReplica } from './engine/replica.ts';
import { figuresOf, SELF_CHARTED } from './figures.ts';
import { createIngest, type IdentifiedSample, type Ingest } from './ingest/ingest.ts';
import type { FeedLimits } from './live/feed.ts';
import { createLive, type Live } from './live/live.ts';
import { createLogger } from './logger.ts';
import { lifecycleOf, openStore } from './open-store.ts';
import { ANSWERS_KEPT_MS, AnswerCache } from './query/cache/answer-cache.ts';
import { openRedisAnswers, type RedisAnswers } from './query/cache/redis-answers.ts';
import { createQueries } from './query/queries.ts';
import { type ReadLimits, Reads } from './query/reads.ts';
import { createCallLog } from './server/call-log.ts';
import { createHttpServer } from './server/http.ts';
import type { ConnectionLimits } from './server/live-connections.ts';
import { createMetrics } from './server/metrics.ts';
import { answers, isWritable } from './store/answers.ts';
import { databaseIdentity } from './store/database-identity.ts';
import { describeMetrics } from './store/describe-metrics.ts';
import { startJobs } from './store/jobs.ts';
import { readRawLimit } from './store/refresh.ts';
import { resolveSeries } from './store/resolve-series.ts';
import { readEngineStatus, readStoreStatus } from './store/status.ts';
import { writeSamples } from './store/write-samples.ts';
import { VERSION } from './version.ts';

/** A commit takes no further request once it holds this many samples. */
const COMMIT_MAX_ROWS = 20_000;
/** Below this, samples wait for the commit in flight rather than take a connection of their own. */
const PARALLEL_COMMIT_MIN_ROWS = 2_000;
/** Bodies of requests that may be on their way into the database at once. */
const PENDING_MAX_BYTES = 512 * 1024 * 1024;

/** Downsampling jobs that may wait for a thread; more are refused. */
const DOWNSAMPLING_MAX_QUEUE = 100;

/** Once every request has ended, writes that nobody waits for any more may take so long. */
const WRITES_GRACE_MS = 1_000;

/** Charts that may wait for their turn, and how long. */
const READS_MAX_WAITING = 200;
const READS_MAX_WAIT_MS = 10_000;

/** The running program. */
export interface App {
  readonly logger: Logger;
  /** Resolves once every door is open, with the address; on failure everything is closed again. */
  start(): Promise<{ readonly url: string }>;
  /** Finishes what is under way and closes everything, last opened first; safe to call at any time, more than once. */
  stop(): Promise<void>;
}

/** Bounds of live streams that are no settings. */
export interface AppLimits {
  readonly feed?: Partial<FeedLimits>;
  readonly connections?: Partial<ConnectionLimits>;
}

/** The program as the settings describe it, not yet started. */
export function createApp(config: Config, limits: AppLimits = {}): App {
  const logger = createLogger(config);
  const admission = admissionOf(config, logger);
  const closers: (() => Promise<unknown> | unknown)[] = [];
  let stopped: Promise<void> | undefined;

  async function start(): Promise<{ url: string }> {
    const lifecycle = lifecycleOf(config);
    const store = await openStore(config, 'hyperdash serve', logger);
    closers.push(() => store.close());
    const downsampling = createDownsampling({
      inlineMaxPoints: config.DOWNSAMPLING_INLINE_MAX,
      threads: config.DOWNSAMPLING_THREADS,
      maxQueue: DOWNSAMPLING_MAX_QUEUE,
    });
    closers.push(() => downsampling.close());
    const logFailure = createQuietLog(logger);
    const live = await createLive({
      engine: store.engine,
      redisUrl: config.REDIS_URL,
      onError: (error) => logFailure('live: streams wait for the database or the bus', error),
      ...(limits.feed && { limits: limits.feed }),
    });
    closers.push(() => live.close());
    const ingest = await ingestInto(store.engine, config, live);
    const jobs = startJobs(store.engine, (error) =>
      logger.error(error, 'maintenance of the database failed'),
    );
    closers.push(() => inTime(Promise.all([ingest.close(), jobs.stop()]), WRITES_GRACE_MS));
    const readLimits = readLimitsOf(store.engine);
    const replica = replicaOf(config, store.engine, readLimits, logger);
    closers.push(() => replica?.close());
    const reads = new Reads(store.engine, () => replica?.engine() ?? store.engine, readLimits);
    const shared = await sharedAnswers(config, store.engine, logFailure);
    closers.push(() => shared?.close());
    const cache = new AnswerCache({ reads, maxBytes: config.CACHE_MAX_BYTES, redis: shared });
    const storeStatus = () => readStoreStatus(store.engine, lifecycle, jobs.runs());
    const metrics = createMetrics(
      figuresOf({
        downsampling,
        reads,
        cache,
        ingest,
        live,
        pools: { main: store.engine.pool, ...(replica && { replica: replica.pool }) },
        replica,
        writable: () => isWritable(store.engine),
        store: storeStatus,
        nowMs: Date.now,
      }),
    );
    const logCall = createCallLog(logger, config.SLOW_QUERY_MS);
    const server = await createHttpServer({
      services: {
        queries: createQueries(store.engine, reads, cache, downsampling, {
          retention: retentionOf(lifecycle),
          maxRawRows: config.MAX_RAW_ROWS,
          nowMs: Date.now,
        }),
        ingest,
        live,
        status: async () => ({
          version: VERSION,
          engine: await readEngineStatus(store.engine),
          uptime_seconds: process.uptime(),
          live: live.counters,
          store: await storeStatus(),
          ingest: ingest.counters(),
        }),
        observe(call) {
          metrics.observe(call);
          logCall(call);
        },
      },
      ingest,
      live,
      connectionLimits: limits.connections,
      logger,
      admission,
      metrics,
      trustedProxies: config.TRUSTED_PROXIES,
      notReady: async () => ((await answers(store.engine)) ? [] : ['database']),
    });
    closers.push(() => server.close());
    await downsampling.warm();
    const url = await server.listen({ host: config.HOST, port: config.PORT });
    store.announce(url);
    if (config.AGENT) {
      const agent = agentInto(ingest, logger, () => metrics.snapshot(SELF_CHARTED));
      closers.push(() => agent.stop());
    }
    return { url };
  }

  async function closeAll(): Promise<void> {
    for (const close of closers.reverse()) await close();
  }

  const app: App = {
    logger,
    async start() {
      try {
        return await start();
      } catch (error) {
        await app.stop();
        throw error;
      }
    },
    stop() {
      stopped ??= closeAll();
      return stopped;
    },
  };
  return app;
}

/** Where nodes share answers; undefined without a Redis, or where none are to be kept. */
async function sharedAnswers(
  { REDIS_URL: url, CACHE_MAX_BYTES: maxBytes }: Config,
  engine: Engine,
  logFailure: (message: string, error: unknown) => void,
): Promise<RedisAnswers | undefined> {
  if (url === undefined || maxBytes === 0) return undefined;
  return openRedisAnswers({
    url,
    database: await databaseIdentity(engine),
    keptMs: ANSWERS_KEPT_MS,
    onError: (error) => logFailure('cache: answers are not shared between nodes', error),
  });
}

async function ingestInto(engine: Engine, config: Config, live: Live): Promise<Ingest> {
  const limit = await readRawLimit(engine.pool);
  return createIngest({
    resolveSeries: (identities) => resolveSeries(engine, identities, config.MAX_SERIES),
    describeMetrics: (metrics) => describeMetrics(engine, metrics),
    commit: (batches) => writeSamples(engine, batches, live.publish),
    limits: {
      maxPendingRows: config.INGEST_MAX_PENDING,
      maxPendingBytes: PENDING_MAX_BYTES,
      maxCommitRows: COMMIT_MAX_ROWS,
      minParallelRows: PARALLEL_COMMIT_MIN_ROWS,
      // A third of the pool at most: charts have half of it, and something is left for what is short.
      maxCommits: Math.max(1, Math.floor(engine.abilities.connections / 3)),
    },
    oldestMs: () => oldestAcceptableMs(Date.now(), limit),
    nowMs: Date.now,
  });
}

/** Collects this machine's own metrics and this program's, under the machine's host name. */
function agentInto(ingest: Ingest, logger: Logger, self: () => Promise<readonly SelfFigure[]>): Agent {
  return startAgent({
    host: hostname(),
    logger,
    readers: [...machineReaders(), selfReader(self)],
    write: (samples) => ingest.write(samples.map(identified)),
  });
}

function identified({
  metric_name,
  host,
  labels = {},
  unit,
  kind,
  time,
  value,
}: AgentSample): IdentifiedSample {
  return { series: { metricName: metric_name, host, labels, unit, kind }, timeMs: time.getTime(), value };
}

/** Charts take half of the connections at most; what is short (ingest, `latest`, live) has the others to itself. */
function readLimitsOf({ abilities }: Engine): ReadLimits {
  const slots = Math.max(1, Math.floor(abilities.connections / 2));
  return { slots, maxWaiting: READS_MAX_WAITING, maxWaitMs: READS_MAX_WAIT_MS };
}

/** The replica that charts are read from; undefined where there is none. */
function replicaOf(
  { DATABASE_READ_URL: url, STATEMENT_TIMEOUT_MS: statementTimeoutMs, REPLICA_MAX_LAG: maxLagMs }: Config,
  primary: Engine,
  { slots: poolSize }: ReadLimits,
  logger: Logger,
): Replica | undefined {
  if (url === undefined) return undefined;
  const onChange = (usable: boolean, reason: string | undefined) => {
    if (usable) logger.info('charts are read from the replica');
    else logger.warn({ reason }, 'charts are read from the primary');
  };
  // One more, to look at it.
  return watchReplica({ primary, url, poolSize: poolSize + 1, statementTimeoutMs, maxLagMs, onChange });
}
