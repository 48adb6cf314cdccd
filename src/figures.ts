import type { StoreStatus } from './contract/status.ts';
import { inTime } from './domain/in-time.ts';
import type { Downsampling } from './downsampling/downsampling.ts';
import type { Engine } from './engine/engine.ts';
import type { Replica } from './engine/replica.ts';
import type { Ingest } from './ingest/ingest.ts';
import type { LiveCounters } from './live/counters.ts';
import type { AnswerCache } from './query/cache/answer-cache.ts';
import type { Reads } from './query/reads.ts';
import type { Figure, Value } from './server/metrics.ts';

/** The catalogues that tell of the store are asked once in so long, however often somebody scrapes. */
const STORE_KEPT_MS = 15_000;

/** What the agent stores of it, by full name. */
export const SELF_CHARTED = [
  'hyperdash_queries_total',
  'hyperdash_query_seconds_total',
  'hyperdash_query_rows_read_total',
  'hyperdash_reads',
  'hyperdash_cache_lookups_total',
  'hyperdash_database_connections',
  'hyperdash_ingest_samples_total',
  'hyperdash_ingest_rejected_total',
  'hyperdash_ingest_pending_rows',
  'hyperdash_live_subscriptions',
  'hyperdash_live_events_total',
  'hyperdash_live_dropped_total',
  'hyperdash_rollup_lag_seconds',
  'hyperdash_compression_ratio',
] as const;

/** Whoever scrapes is not kept waiting for them any longer. */
const STORE_WITHIN_MS = 2_000;

/** The parts of the program that keep figures. */
export interface FigureSources {
  readonly downsampling: Pick<Downsampling, 'counters'>;
  readonly reads: Pick<Reads, 'counters'>;
  readonly cache: Pick<AnswerCache, 'counters'>;
  readonly ingest: Pick<Ingest, 'counters'>;
  readonly live: { readonly counters: LiveCounters };
  /** By the name of what they are for. */
  readonly pools: Readonly<Record<string, Engine['pool']>>;
  readonly replica: Pick<Replica, 'lagMs'> | undefined;
  readonly writable: () => Promise<boolean>;
  readonly store: () => Promise<StoreStatus>;
  readonly nowMs: () => number;
}

/** Everything that the program shows of itself besides how long calls take. */
export function figuresOf(sources: FigureSources): Figure[] {
  return [
    ...queueFigures(sources),
    ...cacheFigures(sources.cache),
    ...ingestFigures(sources.ingest),
    ...liveFigures(sources.live),
    ...databaseFigures(sources),
    ...storeFigures(sources),
  ];
}

function queueFigures({ downsampling, reads }: FigureSources): Figure[] {
  return [
    counter('downsampling_total', 'Downsampling by how it went', ['outcome'], () => {
      const { inline, pooled, refused, cancelled, threadsLost } = downsampling.counters;
      return entries('outcome', { inline, pooled, refused, cancelled, thread_lost: threadsLost });
    }),
    gauge('downsampling_jobs', 'Downsampling jobs in the pool, now', ['state'], () => {
      const { running, waiting } = downsampling.counters;
      return entries('state', { running, waiting });
    }),
    gauge('reads', 'Charts being read, now', ['state'], () => {
      const { running, waiting } = reads.counters;
      return entries('state', { running, waiting });
    }),
    counter('reads_refused_total', 'Charts refused as too many were being read', [], () => [
      [{}, reads.counters.refused],
    ]),
  ];
}

function cacheFigures(cache: Pick<AnswerCache, 'counters'>): Figure[] {
  return [
    counter(
      'cache_lookups_total',
      'Costly charts of the settled past, by where they were found',
      ['outcome'],
      () => {
        const { memory, redis, shared, missed, unsettled } = cache.counters;
        return entries('outcome', { memory, redis, shared, missed, unsettled });
      },
    ),
    gauge('cache_bytes', 'Bytes of answers kept in memory, now', [], () => [[{}, cache.counters.bytes]]),
  ];
}

function ingestFigures(ingest: Pick<Ingest, 'counters'>): Figure[] {
  const protocols = () => Object.entries(ingest.counters().protocols);
  return [
    counter('ingest_requests_total', 'Requests that were stored, by protocol', ['protocol'], () =>
      protocols().map(([protocol, { requests }]) => [{ protocol }, requests]),
    ),
    counter(
      'ingest_samples_total',
      'Samples by protocol and what became of them',
      ['protocol', 'outcome'],
      () =>
        protocols().flatMap(([protocol, { accepted, duplicates, ignored }]) =>
          entries('outcome', { accepted, duplicates, ignored }, { protocol }),
        ),
    ),
    counter('ingest_rejected_total', 'Samples refused, by protocol and reason', ['protocol', 'reason'], () =>
      protocols().flatMap(([protocol, { rejected }]) => entries('reason', rejected, { protocol })),
    ),
    counter('ingest_refused_requests_total', 'Requests refused as too much was pending', [], () => [
      [{}, ingest.counters().refused_requests],
    ]),
    gauge('ingest_pending_rows', 'Samples on their way into the database, now', [], () => [
      [{}, ingest.counters().pending_rows],
    ]),
    gauge('ingest_pending_bytes', 'Bytes of requests on their way into the database, now', [], () => [
      [{}, ingest.counters().pending_bytes],
    ]),
  ];
}

function liveFigures(live: FigureSources['live']): Figure[] {
  return [
    gauge('live_connections', 'Open WebSockets and streams of server-sent events', [], () => [
      [{}, live.counters.connections],
    ]),
    gauge('live_subscriptions', 'Live subscriptions, now', [], () => [[{}, live.counters.subscriptions]]),
    counter('live_events_total', 'Live events, gaps told and streams resumed', ['what'], () => {
      const { events, gaps, replays } = live.counters;
      return entries('what', { sent: events, gap: gaps, replay: replays });
    }),
    counter('live_dropped_total', 'Samples that slow live clients did not get', [], () => [
      [{}, live.counters.dropped],
    ]),
  ];
}

function databaseFigures({ pools, replica, writable }: FigureSources): Figure[] {
  return [
    gauge('database_writable', 'Whether the database takes writes', [], async () => [
      [{}, (await writable()) ? 1 : 0],
    ]),
    gauge(
      'replica_lag_seconds',
      'How stale an answer of the replica may be; none while that is not known',
      [],
      () => (replica?.lagMs === undefined ? [] : [[{}, replica.lagMs / 1000]]),
    ),
    gauge(
      'database_connections',
      'Connections to the database, and who waits for one',
      ['pool', 'state'],
      () =>
        Object.entries(pools).flatMap(([pool, { totalCount, idleCount, waitingCount }]) =>
          entries(
            'state',
            { busy: totalCount - idleCount, idle: idleCount, waiting: waitingCount },
            { pool },
          ),
        ),
    ),
  ];
}

function storeFigures({ store, nowMs }: FigureSources): Figure[] {
  const read = keptFor(STORE_KEPT_MS, nowMs, store);
  const tiers = (value: (tier: StoreStatus['tiers'][number]) => number | null) => async () =>
    ((await read())?.tiers ?? []).flatMap((tier): Value[] => {
      const found = value(tier);
      return found === null ? [] : [[{ tier: tier.data_source }, found]];
    });
  return [
    gauge('database_up', 'Whether the database answers', [], async () => [[{}, (await read()) ? 1 : 0]]),
    gauge('series', 'Series in the catalogue', [], async () => one((await read())?.series)),
    gauge(
      'chunks',
      'Chunks by tier',
      ['tier'],
      tiers(({ chunks }) => chunks),
    ),
    gauge(
      'chunks_compressed',
      'Chunks in the columnstore, by tier',
      ['tier'],
      tiers((tier) => tier.chunks_compressed),
    ),
    gauge(
      'tier_bytes',
      'Bytes on disk by tier, indexes included',
      ['tier'],
      tiers(({ bytes }) => bytes),
    ),
    gauge(
      'compression_ratio',
      'Bytes before by bytes after compression, of the compressed chunks of a tier',
      ['tier'],
      tiers((tier) => tier.compression_ratio),
    ),
    gauge(
      'rollup_lag_seconds',
      'Age up to which a rollup is computed; what is newer each query computes',
      ['tier'],
      tiers((tier) => tier.refresh_lag_seconds),
    ),
    gauge('job_failures', 'Failed runs of jobs that are on record', ['job', 'tier'], async () =>
      ((await read())?.jobs ?? []).map(({ name, data_source, failures }) => [
        { job: name, tier: data_source ?? 'none' },
        failures,
      ]),
    ),
  ];
}

/**
 * The answer of not long ago; undefined where there is none in time. A question is never asked again while it is still
 * being answered.
 */
function keptFor<Answer>(
  keptMs: number,
  nowMs: () => number,
  ask: () => Promise<Answer>,
): () => Promise<Answer | undefined> {
  let answer: Promise<Answer | undefined> | undefined;
  let askedMs = 0;
  let asking = false;
  return () => {
    if (!asking && (answer === undefined || Math.abs(nowMs() - askedMs) >= keptMs)) {
      asking = true;
      askedMs = nowMs();
      answer = ask()
        .catch(() => undefined)
        .finally(() => {
          asking = false;
        });
    }
    return inTime(answer!, STORE_WITHIN_MS);
  };
}

function counter(name: string, help: string, labels: readonly string[], read: Figure['read']): Figure {
  return { name, help, type: 'counter', labels, read };
}

function gauge(name: string, help: string, labels: readonly string[], read: Figure['read']): Figure {
  return { name, help, type: 'gauge', labels, read };
}

/** A value for each name, under the label given. */
function entries(
  label: string,
  values: Readonly<Record<string, number>>,
  others: Readonly<Record<string, string>> = {},
): Value[] {
  return Object.entries(values).map(([name, value]) => [{ ...others, [label]: name }, value]);
}

function one(value: number | undefined): Value[] {
  return value === undefined ? [] : [[{}, value]];
}
