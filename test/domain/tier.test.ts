import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DATA_SOURCES,
  RESOLUTIONS,
  type Resolution,
  type ResolutionChoice,
} from '../../src/contract/resolution.ts';
import { BUCKET_MS, planTier, type Retention } from '../../src/domain/tier.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 24, 12);
const RETENTION: Retention = { raw: 30 * DAY, '1min': 90 * DAY, '1hour': Infinity, daily: Infinity };

const RANGES: Record<string, number> = {
  '5 min': 5 * MINUTE,
  '1 h': HOUR,
  '1 h + 1 s': HOUR + 1000,
  '24 h': DAY,
  '24 h + 1 s': DAY + 1000,
  '7 d': 7 * DAY,
  '7 d + 1 s': 7 * DAY + 1000,
  '365 d': 365 * DAY,
};
const END_AGES_DAYS = [0, 29, 31, 89, 91, 400];
const LETTERS: Record<Resolution, string> = { raw: 'r', '1min': 'm', '1hour': 'h', daily: 'd' };

/** For each range, the tier's letter at each age of the end: 0, 29, 31, 89, 91 and 400 days. */
const TABLE: Record<string, Record<string, string>> = {
  auto: {
    '5 min': 'rrmmhh',
    '1 h': 'rrmmhh',
    '1 h + 1 s': 'mmmmhh',
    '24 h': 'mmmmhh',
    '24 h + 1 s': 'hhhhhh',
    '7 d': 'hhhhhh',
    '7 d + 1 s': 'dddddd',
    '365 d': 'dddddd',
  },
  'fit 100': {
    '5 min': 'rrmmhh',
    '1 h': 'rrmmhh',
    '1 h + 1 s': 'rrmmhh',
    '24 h': 'mmmmhh',
    '24 h + 1 s': 'mmmhhh',
    '7 d': 'hhhhhh',
    '7 d + 1 s': 'hhhhhh',
    '365 d': 'dddddd',
  },
  'fit 800': {
    '5 min': 'rrmmhh',
    '1 h': 'rrmmhh',
    '1 h + 1 s': 'rrmmhh',
    '24 h': 'mmmmhh',
    '24 h + 1 s': 'mmmhhh',
    '7 d': 'mmmhhh',
    '7 d + 1 s': 'mmmhhh',
    '365 d': 'hhhhhh',
  },
  'fit 5000': {
    '5 min': 'rrmmhh',
    '1 h': 'rrmmhh',
    '1 h + 1 s': 'rrmmhh',
    '24 h': 'rrmmhh',
    '24 h + 1 s': 'rmmhhh',
    '7 d': 'mmmhhh',
    '7 d + 1 s': 'mmmhhh',
    '365 d': 'hhhhhh',
  },
};

describe('planTier', () => {
  for (const [choice, rows] of Object.entries(TABLE)) {
    it(`picks the tier of the table for ${choice}`, () => {
      const [resolution, points = '800'] = choice.split(' ') as [ResolutionChoice, string?];
      const planned = Object.entries(RANGES).map(([range, rangeMs]) => {
        const letters = END_AGES_DAYS.map((days) => {
          const toMs = NOW - days * DAY;
          const request = { fromMs: toMs - rangeMs, toMs, nowMs: NOW, points: Number(points), resolution };
          return LETTERS[planTier(request, RETENTION).resolution];
        });
        return [range, letters.join('')];
      });
      expect(Object.fromEntries(planned)).toEqual(rows);
    });
  }

  it('says why, and what moved it to a coarser tier', () => {
    const request = { fromMs: NOW - HOUR, toMs: NOW, nowMs: NOW, points: 800 };
    expect(planTier({ ...request, resolution: 'auto' }, RETENTION).reason).toBe('range of 1 h');
    expect(planTier({ ...request, resolution: 'fit' }, RETENTION).reason).toBe('range of 1 h in 800 points');
    expect(planTier({ ...request, resolution: 'daily' }, RETENTION).reason).toBe('as requested');
    const old = { ...request, fromMs: request.fromMs - 31 * DAY, toMs: request.toMs - 31 * DAY };
    expect(planTier({ ...old, resolution: 'auto' }, RETENTION).reason).toBe(
      'range of 1 h; raw is kept for 30 d only',
    );
  });

  it('answers every request, from a tier that holds its start if any does', () => {
    const anyNumber = fc.oneof(fc.double(), fc.integer({ min: 0, max: NOW * 2 }));
    const anyKept = fc.oneof(fc.double({ min: 0, noNaN: true }), fc.integer({ min: 0, max: 400 * DAY }));
    const requests = fc.record({
      fromMs: anyNumber,
      toMs: anyNumber,
      nowMs: anyNumber,
      points: fc.oneof(fc.double(), fc.integer({ min: 2, max: 10_000 })),
      resolution: fc.constantFrom<ResolutionChoice>('auto', 'fit', ...RESOLUTIONS),
    });
    const retentions = fc.record({ raw: anyKept, '1min': anyKept, '1hour': anyKept, daily: anyKept });
    fc.assert(
      fc.property(requests, retentions, (request, retention) => {
        const plan = planTier(request, retention);
        expect(plan.source).toBe(DATA_SOURCES[plan.resolution]);
        expect(plan.bucketMs).toBe(BUCKET_MS[plan.resolution]);
        expect(plan.reason).not.toBe('');
        if (request.resolution === 'auto' || request.resolution === 'fit') {
          const held = request.nowMs - request.fromMs <= retention[plan.resolution];
          expect(held || plan.resolution === 'daily').toBe(true);
        } else {
          expect(plan.resolution).toBe(request.resolution);
        }
      }),
    );
  });

  it('never takes a finer tier for a longer range, nor for fewer points', () => {
    const rank = (resolution: Resolution) => RESOLUTIONS.indexOf(resolution);
    const rangeMs = fc.integer({ min: 1, max: 800 * DAY });
    const points = fc.integer({ min: 2, max: 10_000 });
    const choice = fc.constantFrom<ResolutionChoice>('auto', 'fit');
    fc.assert(
      fc.property(rangeMs, rangeMs, points, points, choice, (a, b, c, d, resolution) => {
        const plan = (length: number, count: number) =>
          planTier({ fromMs: NOW - length, toMs: NOW, nowMs: NOW, points: count, resolution }, RETENTION);
        const longer = plan(Math.max(a, b), Math.min(c, d));
        const shorter = plan(Math.min(a, b), Math.max(c, d));
        expect(rank(longer.resolution)).toBeGreaterThanOrEqual(rank(shorter.resolution));
      }),
    );
  });

  it('fills the points that fit was asked for wherever a rollup answers by choice', () => {
    const requests = fc.record({
      rangeMs: fc.integer({ min: 1, max: 800 * DAY }),
      points: fc.integer({ min: 2, max: 10_000 }),
    });
    const forever: Retention = { raw: Infinity, '1min': Infinity, '1hour': Infinity, daily: Infinity };
    fc.assert(
      fc.property(requests, ({ rangeMs, points }) => {
        const request = { fromMs: NOW - rangeMs, toMs: NOW, nowMs: NOW, points, resolution: 'fit' as const };
        const { resolution, bucketMs } = planTier(request, forever);
        if (bucketMs !== null) expect(rangeMs / bucketMs).toBeGreaterThanOrEqual(points);
        const coarser = RESOLUTIONS[RESOLUTIONS.indexOf(resolution) + 1];
        if (coarser) expect(rangeMs / BUCKET_MS[coarser]!).toBeLessThan(points);
      }),
    );
  });
});
