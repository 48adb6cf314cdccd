import {
  DATA_SOURCES,
  type DataSource,
  RESOLUTIONS,
  type Resolution,
  type ResolutionChoice,
} from '../contract/resolution.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Width of each resolution's buckets in milliseconds; null for samples as stored. */
export const BUCKET_MS = {
  raw: null,
  '1min': MINUTE_MS,
  '1hour': HOUR_MS,
  daily: DAY_MS,
} as const satisfies Record<Resolution, number | null>;

/** The longest range in milliseconds, inclusive, that `auto` answers from each resolution. */
const AUTO_RANGE_MAX_MS: Record<Resolution, number> = {
  raw: HOUR_MS,
  '1min': DAY_MS,
  '1hour': 7 * DAY_MS,
  daily: Number.POSITIVE_INFINITY,
};

/** How long each resolution is kept, in milliseconds; Infinity is forever. */
export type Retention = Readonly<Record<Resolution, number>>;

/** What is to be answered: `[fromMs, toMs)` in epoch milliseconds, in about `points` points. */
export interface TierRequest {
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  readonly points: number;
  readonly resolution: ResolutionChoice;
}

/** Which tier answers, and why, in words a chart can show. */
export interface Plan {
  readonly resolution: Resolution;
  readonly source: DataSource;
  /** Width of a bucket in milliseconds; null for samples as stored. */
  readonly bucketMs: number | null;
  readonly reason: string;
}

/**
 * Picks the tier that answers a range. `auto` goes by the length of the range; `fit` takes the coarsest tier whose
 * buckets are at least as many as `points` over the range (range ÷ bucket width ≥ points), raw where none is;
 * both move on to the next coarser tier while retention may have taken the start of the range
 * (its age exceeds what the tier keeps). A forced resolution is obeyed. Total: answers for every input.
 */
export function planTier(request: TierRequest, retention: Retention): Plan {
  if (request.resolution !== 'auto' && request.resolution !== 'fit') {
    return planOf(request.resolution, 'as requested');
  }
  const rangeMs = request.toMs - request.fromMs;
  const preferred = request.resolution === 'auto' ? autoTier(rangeMs) : fittingTier(rangeMs, request.points);
  const because =
    request.resolution === 'auto'
      ? `range of ${inWords(rangeMs)}`
      : `range of ${inWords(rangeMs)} in ${request.points} points`;
  const ageMs = request.nowMs - request.fromMs;
  const kept = RESOLUTIONS.slice(RESOLUTIONS.indexOf(preferred)).find((tier) => ageMs <= retention[tier]);
  // Where nothing reaches back far enough, the coarsest holds the most of it.
  const resolution = kept ?? 'daily';
  if (resolution === preferred) return planOf(resolution, because);
  return planOf(resolution, `${because}; ${preferred} is kept for ${inWords(retention[preferred])} only`);
}

function autoTier(rangeMs: number): Resolution {
  return RESOLUTIONS.find((tier) => rangeMs <= AUTO_RANGE_MAX_MS[tier]) ?? 'daily';
}

function fittingTier(rangeMs: number, points: number): Resolution {
  return RESOLUTIONS.findLast((tier) => rangeMs / (BUCKET_MS[tier] ?? 0) >= points) ?? 'raw';
}

function planOf(resolution: Resolution, reason: string): Plan {
  return { resolution, source: DATA_SOURCES[resolution], bucketMs: BUCKET_MS[resolution], reason };
}

const UNITS = [
  [DAY_MS, 'd'],
  [HOUR_MS, 'h'],
  [MINUTE_MS, 'min'],
  [1000, 's'],
] as const;

/** A duration in its largest unit, to one decimal: `1.5 h`. */
function inWords(durationMs: number): string {
  const [unitMs, unit] = UNITS.find(([ms]) => durationMs >= ms) ?? [1, 'ms'];
  return `${Number((durationMs / unitMs).toFixed(1))} ${unit}`;
}
