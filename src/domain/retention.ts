import type { Resolution } from '../contract/resolution.ts';
import { BUCKET_MS, type Retention } from './tier.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** The settings that shape the life of a sample, in milliseconds. */
export interface LifecycleSettings {
  /** CHUNK_INTERVAL: time that one chunk of raw samples covers. */
  readonly chunkIntervalMs: number;
  /** COMPRESS_AFTER: age at which a chunk of raw samples goes to the columnstore. */
  readonly compressAfterMs: number;
  /** RETAIN_RAW: age up to which raw samples are kept, and late ones accepted. */
  readonly retainRawMs: number;
  /** RETAIN_1MIN: age up to which the 1-minute rollup is kept. */
  readonly retain1minMs: number;
}

/** The resolutions that are computed from the next finer one, in the order in which they have to be. */
export const ROLLUPS = ['1min', '1hour', 'daily'] as const satisfies readonly Resolution[];
export type Rollup = (typeof ROLLUPS)[number];

/** A half-open range of time in epoch milliseconds. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A refresh policy: every `everyMs` it materialises what changed between these two ages. All in milliseconds. */
export interface RefreshPolicy {
  readonly startAgeMs: number;
  readonly endAgeMs: number;
  readonly everyMs: number;
}

/**
 * The refresh policies. They keep up with what arrives in time; `store/refresh-late.ts` covers the rest of the raw
 * retention. A rollup is materialised once its source must be, so the end lies a step of the source back.
 */
export const REFRESH_POLICIES = {
  '1min': { startAgeMs: 2 * HOUR_MS, endAgeMs: MINUTE_MS, everyMs: MINUTE_MS },
  '1hour': { startAgeMs: 12 * HOUR_MS, endAgeMs: HOUR_MS, everyMs: HOUR_MS },
  daily: { startAgeMs: 4 * DAY_MS, endAgeMs: DAY_MS, everyMs: DAY_MS },
} as const satisfies Record<Rollup, RefreshPolicy>;

/** Raw samples and the 1-minute rollup outlive their setting by this much, so that a refresh never meets a hole. */
export const DROP_GRACE_MS = { raw: HOUR_MS, '1min': 2 * HOUR_MS } as const;

/** A late sample may wait this long for its refresh; less than the grace of the raw samples. */
const REFRESH_LAG_MS = 10 * MINUTE_MS;

/** How long each resolution is kept under these settings. */
export function retentionOf(settings: Pick<LifecycleSettings, 'retainRawMs' | 'retain1minMs'>): Retention {
  const forever = Number.POSITIVE_INFINITY;
  return { raw: settings.retainRawMs, '1min': settings.retain1minMs, '1hour': forever, daily: forever };
}

/**
 * What is wrong with the settings as a whole, one line each that starts with a setting's name; empty where nothing is.
 * A refresh that reached past what its source keeps would rebuild rollups out of rows that are gone.
 */
export function lifecycleProblems(settings: LifecycleSettings): readonly string[] {
  const { retainRawMs, retain1minMs, chunkIntervalMs } = settings;
  const problems: string[] = [];
  if (retain1minMs < retainRawMs) {
    problems.push(
      `RETAIN_1MIN: ${inHours(retain1minMs)} is less than RETAIN_RAW, ${inHours(retainRawMs)}: a late sample is ` +
        'accepted as long as raw samples are kept, and its 1-hour bucket is rebuilt from the 1-minute rollup',
    );
  }
  if (retainRawMs < DAY_MS) {
    problems.push('RETAIN_RAW: must be at least 1d, so that every refresh finds what it is made from');
  }
  if (chunkIntervalMs < HOUR_MS) problems.push('CHUNK_INTERVAL: must be at least 1h');
  return problems;
}

function inHours(durationMs: number): string {
  return `${Number((durationMs / HOUR_MS).toFixed(2))}h`;
}

/** How far back raw samples can be relied on. */
export interface RawLimit {
  readonly retainRawMs: number;
  /** Before this time raw samples may have been dropped under a shorter RETAIN_RAW than today's; epoch ms. */
  readonly rawCompleteSinceMs?: number;
}

/** Time of the oldest sample that is accepted, in epoch milliseconds: before it raw samples may be gone. */
export function oldestAcceptableMs(nowMs: number, limit: RawLimit): number {
  return Math.max(nowMs - limit.retainRawMs, limit.rawCompleteSinceMs ?? 0);
}

/** The whole minutes that late samples may have landed in while all raw samples of that time are still there. */
export function lateRange(nowMs: number, limit: RawLimit): TimeRange {
  const lagging = { ...limit, retainRawMs: limit.retainRawMs + REFRESH_LAG_MS };
  return { fromMs: Math.ceil(oldestAcceptableMs(nowMs, lagging) / MINUTE_MS) * MINUTE_MS, toMs: nowMs };
}

/**
 * The whole buckets of a rollup that a refresh of `range` has to cover, none newer than its policy would take.
 * @returns undefined where no bucket is left
 */
export function refreshWindow(rollup: Rollup, range: TimeRange, nowMs: number): TimeRange | undefined {
  const bucketMs = BUCKET_MS[rollup];
  const fromMs = Math.floor(range.fromMs / bucketMs) * bucketMs;
  const toMs = Math.min(Math.ceil(range.toMs / bucketMs) * bucketMs, refreshEndMs(rollup, nowMs));
  return fromMs < toMs ? { fromMs, toMs } : undefined;
}

/** Up to where a rollup's policy would refresh it now: the end of a bucket, in epoch milliseconds. */
export function refreshEndMs(rollup: Rollup, nowMs: number): number {
  const bucketMs = BUCKET_MS[rollup];
  return Math.floor((nowMs - REFRESH_POLICIES[rollup].endAgeMs) / bucketMs) * bucketMs;
}
