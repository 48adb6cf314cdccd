import type { IngestAnswer, IngestStatus } from '../contract/ingest.ts';
import { ANYBODY, isBounded, type Principal } from '../domain/principal.ts';
import type { SampleColumns } from '../domain/sample-columns.ts';
import { HyperdashError } from '../errors.ts';
import type { SeriesIdentity } from '../store/resolve-series.ts';
import type { Duplicates } from '../store/write-samples.ts';
import { Backlog, type BacklogLimits } from './backlog.ts';
import { count, newCounters } from './counters.ts';
import type { DecodingContext } from './decoding-context.ts';
import { type Commit, GroupCommit, type GroupCommitLimits } from './group-commit.ts';
import { FUTURE_MAX_MS } from './limits.ts';
import type { Protocol } from './protocol.ts';
import { decodeSamples } from './protocols/json.ts';
import { type MetricDescription, type Rejection, SampleBatch } from './sample-batch.ts';
import { type SeriesRef, SeriesRegistry } from './series-registry.ts';
import { type ResolveSeries, SeriesResolver } from './series-resolver.ts';

/** One sample of one series, from within the program. */
export interface IdentifiedSample {
  readonly series: SeriesIdentity;
  /** Epoch milliseconds. */
  readonly timeMs: number;
  readonly value: number;
}

/** The parts that {@link createIngest} joins. */
export interface IngestParts {
  readonly resolveSeries: ResolveSeries;
  readonly describeMetrics: (metrics: readonly MetricDescription[]) => Promise<void>;
  readonly commit: Commit;
  readonly limits: GroupCommitLimits & BacklogLimits;
  /** The oldest time that is accepted, epoch milliseconds. */
  readonly oldestMs: () => number;
  readonly nowMs: () => number;
}

/** What became of a request's samples. */
export interface Receipt {
  readonly accepted: number;
  readonly duplicates: number;
  /** Left out on purpose: stale markers, text fields. */
  readonly ignored: number;
  readonly rejections: readonly Rejection[];
}

/** The way in for samples: everything is acknowledged only after its commit. */
export interface Ingest {
  /**
   * Decodes a request and writes its good samples.
   * @param decode adds to the batch; what it throws is thrown, and nothing is written
   * @param sender whose hosts and metrics alone are stored; anybody unless given
   * @throws HyperdashError SERVICE_UNAVAILABLE where the database fails or too much is pending
   */
  receive(
    protocol: Protocol,
    decode: (context: DecodingContext) => void,
    sender?: Principal,
  ): Promise<Receipt>;
  /** {@link receive} for samples as `POST /api/metrics` takes them, already parsed. */
  ingest(samples: readonly unknown[], sender?: Principal): Promise<IngestAnswer>;
  /** {@link receive} for samples from within the program. */
  write(samples: readonly IdentifiedSample[]): Promise<Receipt>;
  /**
   * Makes room for the body of a request before it is read; the room is given back by calling what is returned.
   * @throws HyperdashError SERVICE_UNAVAILABLE where there is none
   */
  admitBytes(bytes: number): () => void;
  counters(): IngestStatus;
  /** Refuses new samples, and resolves once all that were taken are written. */
  close(): Promise<void>;
}

/** Joins decoding, the series registry and group commit. */
export function createIngest(parts: IngestParts): Ingest {
  const { resolveSeries, describeMetrics, commit, limits, oldestMs, nowMs } = parts;
  const registry = new SeriesRegistry();
  const resolver = new SeriesResolver(resolveSeries, nowMs);
  const commits = new GroupCommit(commit, limits);
  const backlog = new Backlog(limits);
  const protocols = newCounters();
  const underway = new Set<Promise<unknown>>();
  let closed = false;

  async function store(batch: SampleBatch): Promise<Duplicates> {
    await resolver.resolve(batch.unresolved);
    if (batch.unresolved.size > 0) batch.rejectSeries('max_series', nameless);
    const columns = columnsOf(batch);
    const duplicates = batch.rows === 0 ? [] : await commits.write(columns);
    if (batch.descriptions.length > 0) await describeMetrics(batch.descriptions);
    return duplicates;
  }

  async function receive(
    protocol: Protocol,
    decode: (context: DecodingContext) => void,
    sender = ANYBODY,
  ): Promise<Receipt> {
    if (closed) throw new HyperdashError('SERVICE_UNAVAILABLE', 'the server is shutting down');
    const receivedMs = nowMs();
    const batch = new SampleBatch({ oldestMs: oldestMs(), newestMs: receivedMs + FUTURE_MAX_MS });
    decode({ batch, registry, receivedMs });
    if (isBounded(sender)) batch.keepWithin(sender);
    const release = backlog.admitRows(batch.rows);
    const storing = store(batch);
    underway.add(storing);
    try {
      const duplicates = (await storing).length;
      count(protocols[protocol], batch, duplicates);
      const { ignored, rejections } = batch;
      return { accepted: batch.rows - duplicates, duplicates, ignored, rejections };
    } finally {
      underway.delete(storing);
      release();
    }
  }

  return {
    receive,
    async ingest(samples, sender) {
      const receipt = await receive('json', (context) => decodeSamples(samples, context), sender);
      const rejected = receipt.rejections.map(({ index, reason }) => ({ index, reason }));
      return { accepted: receipt.accepted, duplicates: receipt.duplicates, rejected };
    },
    write: (samples) => receive('agent', (context) => addIdentified(samples, context)),
    admitBytes: (bytes) => backlog.admitBytes(bytes),
    counters: () => ({
      protocols,
      pending_rows: backlog.rows,
      pending_bytes: backlog.bytes,
      refused_requests: backlog.refused,
    }),
    async close() {
      closed = true;
      await Promise.allSettled(underway);
      await commits.drain();
    },
  };
}

function addIdentified(samples: readonly IdentifiedSample[], { batch, registry }: DecodingContext): void {
  for (const [index, { series, timeMs, value }] of samples.entries()) {
    const ref = registry.find({ ...series, labels: Object.entries(series.labels) });
    if (typeof ref === 'string') batch.reject(index, 'invalid_series', ref);
    else batch.add(ref, timeMs, value, index);
  }
}

function columnsOf({ series, times, values, rows }: SampleBatch): SampleColumns {
  const seriesIds = new Int32Array(rows);
  for (let row = 0; row < rows; row++) seriesIds[row] = series[row]!.id;
  return { seriesIds, times: times.subarray(0, rows), values: values.subarray(0, rows) };
}

function nameless({ id, identity: { metricName, host, labels } }: SeriesRef): string | undefined {
  if (id !== 0) return undefined;
  const series = JSON.stringify({ metric_name: metricName, host, labels });
  return `series: there is no room for a new one (MAX_SERIES): ${series}`;
}
