import protobuf from 'protobufjs/minimal.js';
import { compressSync } from 'snappy';

/** Series that the load is spread over, as a machine's exporter names them. */
export const SERIES = 10_000;
const METRICS = 50;
const STEP_MS = 1000;

/** A protocol that the benchmark speaks: where its requests go and how samples become a body. */
export interface LoadProtocol {
  readonly name: 'remote_write' | 'line_protocol' | 'json';
  readonly path: string;
  readonly headers: string;
  /** @param first ordinal of the first sample; the samples behind it are of other series or times */
  body(run: string, fromMs: number, first: number, samples: number): Buffer;
}

interface LoadSeries {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
}

function seriesAt(run: string, index: number): LoadSeries {
  const machine = Math.floor(index / METRICS);
  return {
    metric: `bench_cpu_seconds_total_${index % METRICS}`,
    labels: {
      cpu: String(machine % 16),
      datacenter: 'eu-west-1',
      env: 'production',
      host: `${run}-${machine}`,
      job: 'node',
      mode: 'user',
      rack: `r${machine % 40}`,
    },
  };
}

/** The time of a sample, by its ordinal: every series has one a second. */
export function timeOf(fromMs: number, ordinal: number): number {
  return fromMs + Math.floor(ordinal / SERIES) * STEP_MS;
}

/** The series of a sample, by its ordinal. */
export function seriesOf(ordinal: number): number {
  return ordinal % SERIES;
}

/** A value that is not round, as measured ones are. */
export function amountOf(ordinal: number): number {
  return Math.floor(ordinal / 7) * 0.37;
}

/** Keeps what a series looks like in a protocol, by its index. */
function remembered<Part>(make: (run: string, index: number) => Part): (run: string, index: number) => Part {
  let lastRun = '';
  let parts: Part[] = [];
  return (run, index) => {
    if (run !== lastRun) parts = [];
    lastRun = run;
    parts[index] ??= make(run, index);
    return parts[index];
  };
}

const labelBytes = remembered((run, index) => {
  const { metric, labels } = seriesAt(run, index);
  const writer = protobuf.Writer.create();
  const { host, ...others } = labels;
  for (const [name, value] of Object.entries({ __name__: metric, ...others, instance: host! }).sort()) {
    writer.uint32(0x0a).fork().uint32(0x0a).string(name).uint32(0x12).string(value).ldelim();
  }
  return writer.finish();
});

const lineHead = remembered((run, index) => {
  const { metric, labels } = seriesAt(run, index);
  return `${metric},${Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',')} value=`;
});

const jsonHead = remembered((run, index) => {
  const { metric, labels } = seriesAt(run, index);
  const { host, ...others } = labels;
  return `{"metric_name":"${metric}","host":"${host}","labels":${JSON.stringify(others)},"time":`;
});

function joined(first: number, samples: number, text: (ordinal: number) => string): string {
  const parts: string[] = [];
  for (let ordinal = first; ordinal < first + samples; ordinal++) parts.push(text(ordinal));
  return parts.join('');
}

/** What the benchmark sends. */
export const LOAD_PROTOCOLS: readonly LoadProtocol[] = [
  {
    name: 'remote_write',
    path: '/api/v1/write',
    headers: 'content-type: application/x-protobuf\r\ncontent-encoding: snappy\r\n',
    body(run, fromMs, first, samples) {
      const writer = protobuf.Writer.create();
      for (let ordinal = first; ordinal < first + samples; ordinal++) {
        writer.uint32(0x0a).fork();
        writer.raw(labelBytes(run, seriesOf(ordinal)));
        writer.uint32(0x12).fork().uint32(0x09).double(amountOf(ordinal));
        writer.uint32(0x10).int64(timeOf(fromMs, ordinal)).ldelim().ldelim();
      }
      return compressSync(Buffer.from(writer.finish()));
    },
  },
  {
    name: 'line_protocol',
    path: '/api/v2/write?precision=ms',
    headers: 'content-type: text/plain; charset=utf-8\r\n',
    body: (run, fromMs, first, samples) =>
      Buffer.from(
        joined(
          first,
          samples,
          (ordinal) => `${lineHead(run, seriesOf(ordinal))}${amountOf(ordinal)} ${timeOf(fromMs, ordinal)}\n`,
        ),
      ),
  },
  {
    name: 'json',
    path: '/api/metrics',
    headers: 'content-type: application/json\r\n',
    body: (run, fromMs, first, samples) => {
      const texts = joined(
        first,
        samples,
        (ordinal) =>
          `,${jsonHead(run, seriesOf(ordinal))}${timeOf(fromMs, ordinal)},"value":${amountOf(ordinal)}}`,
      );
      return Buffer.from(`{"samples":[${texts.slice(1)}]}`);
    },
  },
];
