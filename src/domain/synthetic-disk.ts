import { addValueNoise, hashText, hashUnit } from './value-noise.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const CLEANING_MS = 25 * MINUTE_MS;

/**
 * Disk in percent: fills for three to six days, faster by day than by night, and is cleaned within 25 minutes.
 * Temporary files add up to a quarter of a percent.
 */
export function syntheticDisk(key: number, fromMs: number, stepMs: number, values: Float64Array): void {
  const cycleMs = (3 + 3 * hashUnit(key, 0)) * DAY_MS;
  const floor = 35 + 20 * hashUnit(key, 1);
  addValueNoise(hashText('temporary', key), 11 * MINUTE_MS, 0.25, fromMs, stepMs, values);
  for (let i = 0; i < values.length; i++) {
    const timeMs = fromMs + i * stepMs;
    const cycle = Math.floor(timeMs / cycleMs);
    const sinceCleanedMs = timeMs - cycle * cycleMs;
    const low = lowest(key, floor, cycle);
    const high = highest(key, cycle);
    const leftMs = cycleMs - sinceCleanedMs;
    const filled =
      leftMs > CLEANING_MS
        ? low + (high - low) * growth(sinceCleanedMs, cycleMs - CLEANING_MS)
        : high + (lowest(key, floor, cycle + 1) - high) * (1 - leftMs / CLEANING_MS);
    values[i] = values[i]! + filled;
  }
}

function lowest(key: number, floor: number, cycle: number): number {
  return floor + 6 * hashUnit(key ^ 0x5bd1e995, cycle);
}

function highest(key: number, cycle: number): number {
  return 76 + 18 * hashUnit(key ^ 0x2545f491, cycle);
}

/** From 0 to 1 over the cycle, never falling, with a step for every day. */
function growth(sinceMs: number, lengthMs: number): number {
  return unevenDays(sinceMs) / unevenDays(lengthMs);
}

function unevenDays(ms: number): number {
  const days = ms / DAY_MS;
  return days - (0.75 / (2 * Math.PI)) * Math.sin(2 * Math.PI * days);
}
