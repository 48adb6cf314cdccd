import { addFractalNoise, hashText, hashUnit } from './value-noise.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Memory in percent: a steady base, a small daily cycle, slow fractal noise, and a leak that grows for one to three
 * days until the service is started again.
 */
export function syntheticMemory(key: number, fromMs: number, stepMs: number, values: Float64Array): void {
  const base = 32 + 22 * hashUnit(key, 0);
  const restartMs = (1 + 2 * hashUnit(key, 1)) * DAY_MS;
  const peakMs = (13 + 5 * hashUnit(key, 2)) * HOUR_MS;
  const noise = { periodMs: 9 * HOUR_MS, amplitude: 3, octaves: 5, persistence: 0.45 };
  addFractalNoise(hashText('noise', key), noise, fromMs, stepMs, values);
  for (let i = 0; i < values.length; i++) {
    const timeMs = fromMs + i * stepMs;
    const lives = timeMs / restartMs;
    const life = Math.floor(lives);
    const leaked = (6 + 12 * hashUnit(key ^ 0x5bd1e995, life)) * (lives - life);
    const day = 3 * Math.cos(((timeMs - peakMs) / DAY_MS) * 2 * Math.PI);
    values[i] = values[i]! + base + leaked + day;
  }
}
