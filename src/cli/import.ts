import { z } from 'zod';
import { fieldErrors } from '../contract/field-errors.ts';
import { Host, Labels, MetricName } from '../contract/names.ts';
import type { TimeRange } from '../domain/retention.ts';
import { HyperdashError, inOneLine } from '../errors.ts';
import { type CsvFile, openCsv } from './csv-file.ts';
import { EXIT_FAILED, type Loading, load, tellFailure } from './load.ts';
import { whole } from './progress.ts';
import type { CommandIo, SampleSink } from './sample-sink.ts';

const BATCH_ROWS = 5_000;
const BAD_LINES_SHOWN = 20;

/** The series that a file goes to. */
const Target = z.object({ host: Host, metric_name: MetricName, labels: Labels });
type Target = z.output<typeof Target>;

export interface ImportOptions {
  readonly path: string;
  readonly host: string;
  readonly metric: string;
  /** Each `name=value`; the value may itself contain `=`. */
  readonly labels?: readonly string[];
}

/**
 * Puts a CSV file (columns `timestamp` and `value`) into one series. Bad lines are told by number and left out.
 * @returns the exit code
 */
export async function importCsv(
  options: ImportOptions,
  openSink: () => Promise<SampleSink>,
  io: CommandIo,
): Promise<number> {
  let csv: CsvFile | undefined;
  try {
    const target = parseTarget(options);
    const file = await openCsv(options.path);
    csv = file;
    return await load(openSink, io, 'import', (loading) =>
      importRows(options.path, file, target, loading, io.signal),
    );
  } catch (error) {
    tellFailure(io, 'import', error);
    return EXIT_FAILED;
  } finally {
    await csv?.close();
  }
}

function parseTarget({ host, metric, labels = [] }: ImportOptions): Target {
  const pairs = labels.map((label) => {
    const at = label.indexOf('=');
    if (at < 1) throw new HyperdashError('BAD_REQUEST', `--label ${label}: must be name=value`);
    return [label.slice(0, at), label.slice(at + 1)];
  });
  const target = Target.safeParse({ host, metric_name: metric, labels: Object.fromEntries(pairs) });
  if (target.success) return target.data;
  throw new HyperdashError('BAD_REQUEST', inOneLine(fieldErrors(target.error)));
}

async function importRows(
  path: string,
  csv: CsvFile,
  target: Target,
  loading: Loading,
  signal: AbortSignal,
): Promise<void> {
  const times = new Float64Array(BATCH_ROWS);
  const values = new Float64Array(BATCH_ROWS);
  const lines: number[] = [];
  const bad = badLines(loading);

  async function flush(): Promise<void> {
    const length = lines.length;
    if (length === 0) return;
    const batch = { ...target, times: times.subarray(0, length), values: values.subarray(0, length) };
    const { rejected } = await loading.write(batch, csv.fraction());
    for (const { index, reason } of rejected) bad.add(lines[index]!, reason);
    lines.length = 0;
  }

  await loading.begin(() => readRange(path));
  for await (const { line, sample } of csv.rows()) {
    if ('reason' in sample) {
      bad.add(line, sample.reason);
      continue;
    }
    times[lines.length] = sample.timeMs;
    values[lines.length] = sample.value;
    lines.push(line);
    if (lines.length < BATCH_ROWS) continue;
    await flush();
    if (signal.aborted) break;
  }
  if (!signal.aborted) await flush();
  bad.end();
}

/** The range of time that a file covers, empty where it has no good line. */
async function readRange(path: string): Promise<TimeRange> {
  const csv = await openCsv(path);
  const range = { fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY };
  try {
    for await (const { sample } of csv.rows()) {
      if ('reason' in sample) continue;
      range.fromMs = Math.min(range.fromMs, sample.timeMs);
      range.toMs = Math.max(range.toMs, sample.timeMs + 1);
    }
  } finally {
    await csv.close();
  }
  return range;
}

/** Tells the first bad lines one by one, and of the others how many there are. */
function badLines({ progress }: Loading) {
  let count = 0;
  return {
    add(line: number, reason: string): void {
      count++;
      if (count <= BAD_LINES_SHOWN) progress.line(`line ${line}: ${reason}`);
    },
    end(): void {
      if (count > BAD_LINES_SHOWN) progress.line(`and ${whole(count - BAD_LINES_SHOWN)} more bad lines`);
    },
  };
}
