import { syntheticCpu } from './synthetic-cpu.ts';
import { syntheticDisk } from './synthetic-disk.ts';
import { syntheticMemory } from './synthetic-memory.ts';
import { hashText } from './value-noise.ts';

/** Fills `values` with percents that need not be within 0–100 yet; see {@link fillSynthetic} for the times. */
export type Shape = (key: number, fromMs: number, stepMs: number, values: Float64Array) => void;

const SHAPES = {
  cpu_usage: syntheticCpu,
  memory_usage: syntheticMemory,
  disk_usage: syntheticDisk,
} as const satisfies Record<string, Shape>;

/** The metrics that can be made up, all in percent. */
export type SyntheticMetric = keyof typeof SHAPES;
export const SYNTHETIC_METRICS = Object.keys(SHAPES) as SyntheticMetric[];

/** One made-up series; another seed gives another series of the same kind. */
export interface SyntheticSeries {
  readonly seed: number;
  readonly host: string;
  readonly metric: SyntheticMetric;
}

/**
 * Fills two columns of equal length: `times[i] = fromMs + i * stepMs` (epoch ms), `values[i]` a percent in 0–100 with
 * two decimals. A value depends on the series and its time alone, never on the range it is asked for in.
 */
export function fillSynthetic(
  series: SyntheticSeries,
  fromMs: number,
  stepMs: number,
  times: Float64Array,
  values: Float64Array,
): void {
  const key = hashText(`${series.host}\n${series.metric}`, series.seed);
  values.fill(0);
  SHAPES[series.metric](key, fromMs, stepMs, values);
  for (let i = 0; i < values.length; i++) {
    times[i] = fromMs + i * stepMs;
    values[i] = Math.round(Math.min(100, Math.max(0, values[i]!)) * 100) / 100;
  }
}
