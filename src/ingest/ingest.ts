import type { IngestAnswer } from '../contract/ingest.ts';
import type { SampleColumns } from '../domain/sample-columns.ts';
import { HyperdashError } from '../errors.ts';
import type { SeriesIdentity } from '../store/resolve-series.ts';
import { type Commit, GroupCommit, type GroupCommitLimits } from './group-commit.ts';
import { type ResolveSeries, SeriesCache } from './series-cache.ts';
import { validate } from './validate.ts';

const SERIES_REMEMBERED = 200_000;

/** Samples further ahead of this machine's clock are rejected: they would hide newer ones from `latest`. */
const FUTURE_MAX_MS = 86_400_000;

/** One sample of one series, already checked. */
export interface IdentifiedSample {
  readonly series: SeriesIdentity;
  /** Epoch milliseconds. */
  readonly timeMs: number;
  /** Finite. */
  readonly value: number;
}

/** The parts that {@link createIngest} joins. */
export interface IngestParts {
  readonly resolveSeries: ResolveSeries;
  readonly commit: Commit;
  readonly limits: GroupCommitLimits;
  /** The oldest time that is accepted, epoch milliseconds. */
  readonly oldestMs: () => number;
  readonly nowMs: () => number;
}

/** The way in for samples: everything is acknowledged only after its commit. */
export interface Ingest {
  /**
   * Checks each sample on its own and writes the good ones.
   * @throws HyperdashError SERVICE_UNAVAILABLE where the database fails or too much is pending
   */
  ingest(samples: readonly unknown[]): Promise<IngestAnswer>;
  /** Writes samples that were checked already. */
  write(samples: readonly IdentifiedSample[]): Promise<Omit<IngestAnswer, 'rejected'>>;
  /** Samples stored and duplicates ignored since the start. */
  readonly counters: { readonly accepted: number; readonly duplicates: number };
  /** Refuses new samples, and resolves once all that were taken are written. */
  close(): Promise<void>;
}

/** Joins validation, the series cache and group commit. */
export function createIngest({ resolveSeries, commit, limits, oldestMs, nowMs }: IngestParts): Ingest {
  const series = new SeriesCache(resolveSeries, SERIES_REMEMBERED);
  const commits = new GroupCommit(commit, limits);
  const underway = new Set<Promise<unknown>>();
  const counters = { accepted: 0, duplicates: 0 };
  let closed = false;

  async function writeColumns(samples: readonly IdentifiedSample[]): Promise<Omit<IngestAnswer, 'rejected'>> {
    if (samples.length === 0) return { accepted: 0, duplicates: 0 };
    const accepted = await commits.write(await columnsOf(samples, series));
    counters.accepted += accepted;
    counters.duplicates += samples.length - accepted;
    return { accepted, duplicates: samples.length - accepted };
  }

  async function write(samples: readonly IdentifiedSample[]): Promise<Omit<IngestAnswer, 'rejected'>> {
    if (closed) throw new HyperdashError('SERVICE_UNAVAILABLE', 'the server is shutting down');
    const writing = writeColumns(samples);
    underway.add(writing);
    try {
      return await writing;
    } finally {
      underway.delete(writing);
    }
  }

  return {
    write,
    counters,
    async ingest(candidates) {
      const { samples, rejected } = validate(candidates, oldestMs(), nowMs() + FUTURE_MAX_MS);
      const receivedMs = nowMs();
      const identified = samples.map(({ metric_name, host, labels, time, value }) => ({
        series: { metricName: metric_name, host, labels: withoutEmpty(labels) },
        timeMs: time?.getTime() ?? receivedMs,
        value,
      }));
      return { ...(await write(identified)), rejected };
    },
    async close() {
      closed = true;
      await Promise.allSettled(underway);
      await commits.drain();
    },
  };
}

async function columnsOf(samples: readonly IdentifiedSample[], series: SeriesCache): Promise<SampleColumns> {
  return {
    seriesIds: await series.idsOf(samples.map((sample) => sample.series)),
    times: Float64Array.from(samples, ({ timeMs }) => timeMs),
    values: Float64Array.from(samples, ({ value }) => value),
  };
}

/** As in Prometheus, a label with an empty value is the same as no label. */
function withoutEmpty(labels: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}
