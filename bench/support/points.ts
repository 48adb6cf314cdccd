import type { Columns } from '../../src/domain/lttb.ts';

/** Epoch milliseconds some 10 s apart, and a walk or noise; the same for the same seed. */
export function makePoints(length: number, kind: 'walk' | 'noise' = 'walk', seed = 12_345): Columns {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
  const times = new Float64Array(length);
  const values = new Float64Array(length);
  let value = 50;
  for (let i = 0; i < length; i++) {
    times[i] = 1_764_669_600_000 + i * 10_000 + Math.floor(random() * 200);
    value = kind === 'walk' ? value + random() - 0.5 : random() * 100;
    values[i] = value;
  }
  return { times, values };
}

/** A copy, with buffers of its own. */
export function copyOf({ times, values }: Columns): Columns {
  return { times: times.slice(), values: values.slice() };
}

/**
 * The yardstick: reads every time and value once and adds them up. Tasks bind it: inlined into a function around it,
 * V8 may leave its loop half optimised for a whole run.
 */
export function sumPass({ times, values }: Columns): number {
  let timeSum = 0;
  let valueSum = 0;
  for (let i = 0; i < times.length; i++) {
    timeSum += times[i]!;
    valueSum += values[i]!;
  }
  return timeSum + valueSum;
}
