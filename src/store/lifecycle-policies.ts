import { DROP_GRACE_MS, type LifecycleSettings, REFRESH_POLICIES, ROLLUPS } from '../domain/retention.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** How a hypertable, or a continuous aggregate by its view, is laid out. */
export interface Layout {
  readonly relation: string;
  /** Time that one chunk covers, in milliseconds. */
  readonly chunkIntervalMs: number;
  readonly segmentBy: string;
  readonly orderBy: string;
}

/** A policy of TimescaleDB as it should be; configuration values ending in `_offset`, `_after` are milliseconds. */
export interface Policy {
  readonly relation: string;
  /** The procedure that runs it, as `timescaledb_information.jobs` names it. */
  readonly procedure: 'policy_refresh_continuous_aggregate' | 'policy_compression' | 'policy_retention';
  readonly everyMs: number;
  /** Keys of the job's configuration. */
  readonly durationsMs: Readonly<Record<string, number>>;
}

/**
 * Chunks of the rollups. Coarse ones hold about a thousand rows of a series, one full batch of the columnstore.
 * 1-minute ones are short: a query over a day spends most of its time on the rows that are not compressed yet; but
 * shorter than this only adds chunks and bytes (18.6 a row against 19.6 at 6 hours).
 */
const ROLLUP_CHUNK_MS = { '1min': 12 * HOUR_MS, '1hour': 28 * DAY_MS, daily: 1000 * DAY_MS } as const;

/** Age at which the chunks of rollups go to the columnstore. */
const ROLLUP_COMPRESS_AFTER_MS = { '1min': HOUR_MS, '1hour': DAY_MS, daily: DAY_MS } as const;

/** How the hypertable of samples and its rollups are laid out. */
export function layoutsOf(settings: LifecycleSettings): readonly Layout[] {
  return [
    {
      relation: 'samples',
      chunkIntervalMs: settings.chunkIntervalMs,
      segmentBy: 'series_id',
      orderBy: 'time DESC',
    },
    ...ROLLUPS.map((rollup) => ({
      relation: `samples_${rollup}`,
      chunkIntervalMs: ROLLUP_CHUNK_MS[rollup],
      segmentBy: 'series_id',
      orderBy: 'bucket DESC',
    })),
  ];
}

/** Every policy that these settings ask for. */
export function policiesOf(settings: LifecycleSettings): readonly Policy[] {
  const { compressAfterMs, retainRawMs, retain1minMs } = settings;
  const refreshes = ROLLUPS.map((rollup): Policy => {
    const { startAgeMs, endAgeMs, everyMs } = REFRESH_POLICIES[rollup];
    return {
      relation: `samples_${rollup}`,
      procedure: 'policy_refresh_continuous_aggregate',
      everyMs,
      durationsMs: { start_offset: startAgeMs, end_offset: endAgeMs },
    };
  });
  const compression = (relation: string, afterMs: number): Policy => ({
    relation,
    procedure: 'policy_compression',
    everyMs: HOUR_MS,
    durationsMs: { compress_after: afterMs },
  });
  const retention = (relation: string, afterMs: number): Policy => ({
    relation,
    procedure: 'policy_retention',
    everyMs: HOUR_MS,
    durationsMs: { drop_after: afterMs },
  });
  return [
    ...refreshes,
    compression('samples', compressAfterMs),
    ...ROLLUPS.map((rollup) => compression(`samples_${rollup}`, ROLLUP_COMPRESS_AFTER_MS[rollup])),
    retention('samples', retainRawMs + DROP_GRACE_MS.raw),
    retention('samples_1min', retain1minMs + DROP_GRACE_MS['1min']),
  ];
}
