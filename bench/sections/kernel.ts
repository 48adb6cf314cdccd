import { LTTB } from 'downsample';
import { processData } from 'downsample-lttb';
import { lttb } from '../../src/domain/lttb.ts';
import { downsample } from '../../src/domain/lttb-gaps.ts';
import { warmUp } from '../../src/downsampling/warm-up.ts';
import { pairsOf } from '../../test/support/columns.ts';
import { copyOf, makePoints, sumPass } from '../support/points.ts';
import { measure, type Section, type Task } from '../support/section.ts';

/** Points kept. */
const KEPT = 1000;
/** Above this, the pairs that the packages of npm take fill the memory. */
const PAIRS_MAX = 1_000_000;

export const SUM_PASS = 'sum of both columns';
export const LTTB_KERNEL = 'lttb';
export const WITH_GAPS = 'downsample, gaps looked for';
export const NPM_DOWNSAMPLE = 'npm downsample, of pairs';
export const NPM_LTTB = 'npm downsample-lttb, of pairs';

/** LTTB of the same points again and again, beside one pass that sums them and what npm offers. */
export function kernel(length: number, kind: 'walk' | 'noise' = 'walk'): Promise<Section> {
  warm();
  const points = makePoints(length, kind);
  const pairs = length <= PAIRS_MAX ? pairsOf(points) : undefined;
  return measure(`LTTB, ${length.toLocaleString('en')} points → ${KEPT}, a ${kind}`, {
    [SUM_PASS]: sumPass.bind(undefined, points),
    'copy of both columns': () => copyOf(points),
    [LTTB_KERNEL]: () => lttb(points.times, points.values, KEPT),
    [WITH_GAPS]: () => downsample(points.times, points.values, KEPT, { gapMs: 60_000 }),
    ...(pairs && {
      [NPM_LTTB]: () => processData(pairs, KEPT),
      [NPM_DOWNSAMPLE]: () => LTTB(pairs, KEPT),
    }),
  });
}

/** The same on other points every time: neither the caches nor the branch predictor know them. */
export function kernelOnNewPoints(length: number, sets: number): Promise<Section> {
  warm();
  const given = Array.from({ length: sets }, (_, i) => makePoints(length, 'walk', 1000 + i));
  let turn = 0;
  const current = { ...given[0]! };
  const beforeEach = () => {
    turn = (turn + 1) % sets;
    Object.assign(current, given[turn]);
  };
  const inTurn = (run: () => unknown): Task => ({ run, beforeEach, async: false });
  return measure(`LTTB, ${length.toLocaleString('en')} points → ${KEPT}, one of ${sets} walks in turn`, {
    [SUM_PASS]: inTurn(sumPass.bind(undefined, current)),
    [LTTB_KERNEL]: inTurn(() => lttb(current.times, current.values, KEPT)),
    [WITH_GAPS]: inTurn(() => downsample(current.times, current.values, KEPT, { gapMs: 60_000 })),
  });
}

/** As the server does before it opens: the loops are compiled by small jobs. */
function warm(): void {
  warmUp();
  const small = makePoints(2000);
  for (let i = 0; i < 2000; i++) sumPass(small);
}
