import { fillSynthetic, SYNTHETIC_METRICS } from '../domain/synthetic.ts';
import { EXIT_FAILED, load } from './load.ts';
import type { CommandIo, SampleBatch, SampleSink } from './sample-sink.ts';

const STEP_MS = 10_000;
const DAY_MS = 86_400_000;
const SAMPLES_PER_DAY = DAY_MS / STEP_MS;

export interface SeedOptions {
  /** Whole number; the same seed gives the same values at the same times. */
  readonly seed: number;
  /** Whole days of history, at least 1. */
  readonly days: number;
  /** Hosts, at least 1: `web-1`, `web-2`, … */
  readonly hosts: number;
  /** The history ends at the last multiple of 10 s that is not after this, epoch ms. */
  readonly nowMs: number;
}

/**
 * Fills a sink with made-up CPU, memory and disk usage every 10 s: 8 640 samples for each day, host and metric.
 * A day of one series is a batch, oldest day first, so that an interruption leaves a shorter history of all.
 * @returns the exit code
 */
export async function seed(
  options: SeedOptions,
  openSink: () => Promise<SampleSink>,
  io: CommandIo,
): Promise<number> {
  const { days, hosts } = options;
  if (![options.seed, days, hosts].every(Number.isSafeInteger) || days < 1 || hosts < 1) {
    io.stream.write('seed: --seed must be a whole number, --days and --hosts whole numbers from 1\n');
    return EXIT_FAILED;
  }
  const endMs = Math.floor(options.nowMs / STEP_MS) * STEP_MS + STEP_MS;
  const startMs = endMs - days * DAY_MS;
  const total = days * hosts * SYNTHETIC_METRICS.length;
  return load(openSink, io, 'seed', async ({ begin, write }) => {
    await begin(() => ({ fromMs: startMs, toMs: endMs }));
    let written = 0;
    for (const batch of batches(options, startMs)) {
      if (io.signal.aborted) return;
      written++;
      await write(batch, written / total);
    }
  });
}

/** The batches in the order they are written; all share their two columns, which the next one overwrites. */
function* batches({ seed, days, hosts }: SeedOptions, startMs: number): Generator<SampleBatch> {
  const times = new Float64Array(SAMPLES_PER_DAY);
  const values = new Float64Array(SAMPLES_PER_DAY);
  for (let day = 0; day < days; day++) {
    for (let number = 1; number <= hosts; number++) {
      for (const metric of SYNTHETIC_METRICS) {
        const host = `web-${number}`;
        fillSynthetic({ seed, host, metric }, startMs + day * DAY_MS, STEP_MS, times, values);
        yield { host, metric_name: metric, unit: 'percent', kind: 'gauge', times, values };
      }
    }
  }
}
