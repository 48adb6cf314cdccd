import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DROP_GRACE_MS,
  lateRange,
  lifecycleProblems,
  oldestAcceptableMs,
  REFRESH_POLICIES,
  ROLLUPS,
  refreshWindow,
  retentionOf,
} from '../../src/domain/retention.ts';
import { BUCKET_MS } from '../../src/domain/tier.ts';

const HOUR = 3_600_000;
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 24, 12, 34, 56, 789);
const SETTINGS = {
  chunkIntervalMs: 7 * DAY,
  compressAfterMs: 7 * DAY,
  retainRawMs: 30 * DAY,
  retain1minMs: 90 * DAY,
};

const anySettings = fc.record({
  chunkIntervalMs: fc.integer({ min: 1, max: 100 * DAY }),
  compressAfterMs: fc.integer({ min: 1, max: 100 * DAY }),
  retainRawMs: fc.integer({ min: 1, max: 400 * DAY }),
  retain1minMs: fc.integer({ min: 1, max: 400 * DAY }),
});

describe('lifecycleProblems', () => {
  it('finds nothing wrong with the defaults', () => {
    expect(lifecycleProblems(SETTINGS)).toEqual([]);
  });

  it('names both settings where late samples would be refreshed from 1-minute buckets that are gone', () => {
    const problems = lifecycleProblems({ ...SETTINGS, retain1minMs: 7 * DAY });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^RETAIN_1MIN: 168h is less than RETAIN_RAW, 720h/);
  });

  it('lists every problem', () => {
    expect(
      lifecycleProblems({ ...SETTINGS, retainRawMs: HOUR, retain1minMs: 1, chunkIntervalMs: 1000 }),
    ).toHaveLength(3);
  });

  it('lets no policy and no late refresh reach past what its source keeps', () => {
    fc.assert(
      fc.property(anySettings, (settings) => {
        fc.pre(lifecycleProblems(settings).length === 0);
        const { raw, '1min': minute } = retentionOf(settings);
        const keptMs = { '1min': raw + DROP_GRACE_MS.raw, '1hour': minute + DROP_GRACE_MS['1min'] };
        for (const rollup of ['1min', '1hour'] as const) {
          expect(REFRESH_POLICIES[rollup].startAgeMs).toBeLessThan(keptMs[rollup]);
          const late = refreshWindow(rollup, lateRange(NOW, settings), NOW)!;
          expect(NOW - late.fromMs).toBeLessThan(keptMs[rollup]);
        }
      }),
    );
  });
});

describe('the oldest acceptable sample', () => {
  it('is as old as raw samples are kept, and no older than they are complete', () => {
    expect(oldestAcceptableMs(NOW, SETTINGS)).toBe(NOW - 30 * DAY);
    expect(oldestAcceptableMs(NOW, { ...SETTINGS, rawCompleteSinceMs: NOW - DAY })).toBe(NOW - DAY);
  });

  it('is still within reach of a refresh minutes later, in every rollup', () => {
    const sampleMs = oldestAcceptableMs(NOW, SETTINGS);
    const laterMs = NOW + 5 * 60_000;
    for (const rollup of ROLLUPS) {
      const window = refreshWindow(rollup, lateRange(laterMs, SETTINGS), laterMs)!;
      expect(window.fromMs).toBeLessThanOrEqual(Math.floor(sampleMs / BUCKET_MS[rollup]) * BUCKET_MS[rollup]);
    }
  });
});

describe('refreshWindow', () => {
  it('is of whole buckets that are settled, and there are none for what is too new', () => {
    const times = fc.integer({ min: 0, max: NOW + 10 * DAY });
    fc.assert(
      fc.property(times, times, fc.constantFrom(...ROLLUPS), (a, b, rollup) => {
        const range = { fromMs: Math.min(a, b), toMs: Math.max(a, b) };
        const window = refreshWindow(rollup, range, NOW);
        const settledMs = NOW - REFRESH_POLICIES[rollup].endAgeMs;
        if (!window) {
          const firstEndMs =
            Math.floor(range.fromMs / BUCKET_MS[rollup]) * BUCKET_MS[rollup] + BUCKET_MS[rollup];
          expect(range.fromMs === range.toMs || firstEndMs > settledMs).toBe(true);
          return;
        }
        expect(window.fromMs % BUCKET_MS[rollup]).toBe(0);
        expect(window.toMs % BUCKET_MS[rollup]).toBe(0);
        expect(window.fromMs).toBeLessThan(window.toMs);
        expect(window.fromMs).toBeLessThanOrEqual(range.fromMs);
        expect(window.toMs).toBeLessThanOrEqual(settledMs);
      }),
    );
  });
});
