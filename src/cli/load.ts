import type { TimeRange } from '../domain/retention.ts';
import { HyperdashError } from '../errors.ts';
import { createProgress, type Progress, whole } from './progress.ts';
import type { CommandIo, SampleBatch, SampleSink, SinkAnswer } from './sample-sink.ts';

/** Exit codes of a command; 130 is what shells say for Ctrl-C. */
export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_INTERRUPTED = 130;

/** What a run has put into the sink so far. */
export interface Tally {
  accepted: number;
  duplicates: number;
  rejected: number;
  /** The range of all that was accepted, `[fromMs, toMs)`. */
  fromMs: number;
  toMs: number;
}

/** A run's way to its sink. */
export interface Loading {
  readonly tally: Readonly<Tally>;
  readonly progress: Progress;
  /** Tells a sink that wants to know it the range of what will be written, before the first write. */
  begin(readRange: () => TimeRange | Promise<TimeRange>): Promise<void>;
  /** Writes a batch, counts it, and shows `fraction` of the whole as done. */
  write(batch: SampleBatch, fraction: number): Promise<SinkAnswer>;
}

/**
 * Runs `work` against a sink: progress while it goes, rollups afterwards, and one line that says what was committed,
 * also where it was interrupted or failed. Closes the sink.
 * @returns the exit code: 0 where anything is stored now, otherwise 1; 130 where it was interrupted
 */
export async function load(
  openSink: () => Promise<SampleSink>,
  io: CommandIo,
  label: string,
  work: (loading: Loading) => Promise<void>,
): Promise<number> {
  const tally = { accepted: 0, duplicates: 0, rejected: 0, fromMs: Infinity, toMs: -Infinity };
  const progress = createProgress(io.stream, label);
  let failed = false;
  try {
    const sink = await openSink();
    try {
      await work({ tally, progress, begin, write });
      progress.end();
      if (tally.accepted > 0) await finish(sink, io, tally);
    } finally {
      await sink.close();
    }

    async function begin(readRange: () => TimeRange | Promise<TimeRange>): Promise<void> {
      if (!sink.beginHistory) return;
      const { fromMs, toMs } = await readRange();
      if (fromMs < toMs) await sink.beginHistory(fromMs, toMs);
    }
    async function write(batch: SampleBatch, fraction: number): Promise<SinkAnswer> {
      const answer = await sink.write(batch);
      add(tally, batch, answer);
      progress.update(fraction, tally.accepted + tally.duplicates + tally.rejected);
      return answer;
    }
  } catch (error) {
    progress.end();
    tellFailure(io, label, error);
    failed = true;
  }
  const code = exitCode(io, tally, failed);
  io.stream.write(`${label}: ${outcome(code, tally)}\n`);
  return code;
}

/**
 * Tells a failure that the user can do something about.
 * @throws the error itself where it is not a HyperdashError
 */
export function tellFailure(io: CommandIo, label: string, error: unknown): void {
  if (!(error instanceof HyperdashError)) throw error;
  io.stream.write(`${label}: ${error.message}\n`);
}

function exitCode(io: CommandIo, { accepted, duplicates }: Tally, failed: boolean): number {
  if (io.signal.aborted) return EXIT_INTERRUPTED;
  return failed || accepted + duplicates === 0 ? EXIT_FAILED : EXIT_OK;
}

function add(tally: Tally, { times }: SampleBatch, { accepted, duplicates, rejected }: SinkAnswer): void {
  tally.accepted += accepted;
  tally.duplicates += duplicates;
  tally.rejected += rejected.length;
  if (accepted === 0) return;
  for (const timeMs of times) {
    if (timeMs < tally.fromMs) tally.fromMs = timeMs;
    if (timeMs >= tally.toMs) tally.toMs = timeMs + 1;
  }
}

async function finish(sink: SampleSink, io: CommandIo, { fromMs, toMs }: Tally): Promise<void> {
  if (!sink.finish) return;
  const startedMs = performance.now();
  if (io.stream.isTTY) io.stream.write('updating the rollups …');
  await sink.finish(fromMs, toMs, (fraction) => {
    if (io.stream.isTTY) io.stream.write(`\r\x1b[Kupdating the rollups … ${Math.floor(fraction * 100)}%`);
  });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  io.stream.write(`${io.stream.isTTY ? '\r\x1b[K' : ''}rollups updated in ${seconds} s\n`);
}

function outcome(code: number, { accepted, duplicates, rejected }: Tally): string {
  const counts = [`${whole(accepted)} samples stored`];
  if (duplicates > 0) counts.push(`${whole(duplicates)} already there`);
  if (rejected > 0) counts.push(`${whole(rejected)} rejected`);
  const prefix = code === EXIT_INTERRUPTED ? 'interrupted: ' : code === EXIT_FAILED ? 'failed: ' : '';
  return prefix + counts.join(', ');
}
