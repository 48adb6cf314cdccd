import { addFractalNoise, addValueNoise, hashText, hashUnit } from './value-noise.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** 1970-01-01 was a Thursday. */
const FIRST_MONDAY_MS = 4 * DAY_MS;
/** An incident starts and ends within one cell of this length, so that a time sees one incident at most. */
const INCIDENT_CELL_MS = 8 * HOUR_MS;
const BURST_CELL_MS = 7 * MINUTE_MS;

/**
 * CPU in percent: a base load, the traffic of the day (UTC, by the host's own peak hour, less at weekends) with fractal
 * noise in proportion, a nightly batch job, bursts of a minute or two, and now and then an incident of up to two hours.
 */
export function syntheticCpu(key: number, fromMs: number, stepMs: number, values: Float64Array): void {
  const base = 6 + 8 * hashUnit(key, 0);
  const traffic = 18 + 22 * hashUnit(key, 1);
  const peakMs = (12 + 5 * hashUnit(key, 2)) * HOUR_MS;
  const batchMs = (1 + 3 * hashUnit(key, 3)) * HOUR_MS;
  const noise = { periodMs: 3 * HOUR_MS, amplitude: 0.28, octaves: 5, persistence: 0.62 };
  addFractalNoise(hashText('noise', key), noise, fromMs, stepMs, values);
  for (let i = 0; i < values.length; i++) {
    const timeMs = fromMs + i * stepMs;
    const day = dayFactor(timeMs, peakMs);
    const load = base + traffic * day * weekFactor(timeMs);
    values[i] =
      load * (1 + values[i]!) + batchJob(timeMs, batchMs) + burst(key, timeMs) + incident(key, timeMs);
  }
  addValueNoise(hashText('jitter', key), 5_000, 1.2, fromMs, stepMs, values);
}

/** Traffic over the day: 1 at the peak hour, about 0.06 twelve hours from it. */
function dayFactor(timeMs: number, peakMs: number): number {
  const cosine = Math.cos(((timeMs - peakMs) / DAY_MS) * 2 * Math.PI);
  return Math.exp(1.4 * (cosine - 1));
}

/** 1 from Monday to Friday, 0.45 at weekends, joined over an hour. */
function weekFactor(timeMs: number): number {
  const sinceMondayMs = modulo(timeMs - FIRST_MONDAY_MS, 7 * DAY_MS);
  const toWeekend = clampUnit((sinceMondayMs - 5 * DAY_MS) / HOUR_MS);
  const toMonday = clampUnit((sinceMondayMs - 7 * DAY_MS + HOUR_MS) / HOUR_MS);
  return 1 - 0.55 * (toWeekend - toMonday);
}

/** 20 minutes of backup every night. */
function batchJob(timeMs: number, startMs: number): number {
  return 24 * plateau(modulo(timeMs - startMs, DAY_MS), 20 * MINUTE_MS, 40_000);
}

/** In one cell of nine, a minute or two of work. */
function burst(key: number, timeMs: number): number {
  const cell = Math.floor(timeMs / BURST_CELL_MS);
  const chance = hashUnit(key ^ 0x5bd1e995, cell);
  if (chance > 1 / 9) return 0;
  const lengthMs = (0.7 + 9 * chance * 1.8) * MINUTE_MS;
  const startMs = hashUnit(key ^ 0x2545f491, cell) * (BURST_CELL_MS - lengthMs);
  const height = 8 + 30 * hashUnit(key ^ 0x1b873593, cell) ** 3;
  return height * plateau(timeMs - cell * BURST_CELL_MS - startMs, lengthMs, 15_000);
}

/** In one cell of twelve, half an hour to two hours near the limit. */
function incident(key: number, timeMs: number): number {
  const cell = Math.floor(timeMs / INCIDENT_CELL_MS);
  if (hashUnit(key ^ 0x38495ab5, cell) > 1 / 12) return 0;
  const lengthMs = (0.5 + 1.5 * hashUnit(key ^ 0x7feb352d, cell)) * HOUR_MS;
  const startMs = hashUnit(key ^ 0x6c62272e, cell) * (INCIDENT_CELL_MS - lengthMs);
  const height = 35 + 35 * hashUnit(key ^ 0x4cf5ad43, cell);
  return height * plateau(timeMs - cell * INCIDENT_CELL_MS - startMs, lengthMs, 4 * MINUTE_MS);
}

/** 0 outside [0, lengthMs], 1 inside, rising and falling over `edgeMs`. */
function plateau(sinceStartMs: number, lengthMs: number, edgeMs: number): number {
  if (sinceStartMs <= 0 || sinceStartMs >= lengthMs) return 0;
  return clampUnit(Math.min(sinceStartMs, lengthMs - sinceStartMs) / edgeMs);
}

function clampUnit(x: number): number {
  return Math.min(1, Math.max(0, x));
}

function modulo(x: number, divisor: number): number {
  return x - Math.floor(x / divisor) * divisor;
}
