import type { DecodingContext } from '../decoding-context.ts';
import type { Generations } from '../generations.ts';
import { SERIES_NAME_MAX_LENGTH } from '../limits.ts';
import type { SeriesRef, SeriesRegistry } from '../series-registry.ts';
import { kindOf, nameOf, SeriesSamples } from './prometheus-series.ts';
import { decodingProtobuf, endOfField, type Reader, readerOf, readText, skipField } from './protobuf.ts';

const REQUEST = { timeseries: 0x0a, metadata: 0x1a };
const TIMESERIES = { label: 0x0a, sample: 0x12, histogram: 0x22 };
const LABEL = { name: 0x0a, value: 0x12 };
const METADATA = { type: 0x08, family: 0x12, unit: 0x2a };

/** The series that a family has besides the one of its own name. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total'],
  histogram: ['_bucket', '_sum', '_count'],
  gaugehistogram: ['_bucket', '_gsum', '_gcount'],
  summary: ['_sum', '_count'],
  info: ['_info'],
};

/**
 * Adds the samples of a `prometheus.WriteRequest`, remote_write 1.0, uncompressed. A series is found by the bytes of
 * its labels, so those of a known one are not decoded.
 * Source: https://prometheus.io/docs/specs/prw/remote_write_spec/
 * @throws HyperdashError BAD_REQUEST where it is no such message
 */
export function decodeRemoteWrite(body: Buffer, context: DecodingContext): void {
  decodingProtobuf(() => {
    const reader = readerOf(body);
    const keys = context.registry.keysOf('remote_write');
    const samples = new SeriesSamples(context);
    while (reader.pos < body.length) {
      const tag = reader.uint32();
      if (tag === REQUEST.timeseries) readTimeseries(reader, body, keys, samples, context);
      else if (tag === REQUEST.metadata) readMetadata(reader, body.length, context);
      else skipField(reader, tag);
    }
  });
}

function readTimeseries(
  reader: Reader,
  body: Buffer,
  keys: Generations<SeriesRef>,
  samples: SeriesSamples,
  { registry }: DecodingContext,
): void {
  const end = endOfField(reader, body.length);
  const labelsStart = reader.pos;
  let labelsEnd = labelsStart;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === TIMESERIES.label) {
      reader.pos = endOfField(reader, end);
      labelsEnd = reader.pos;
    } else if (tag === TIMESERIES.sample) samples.read(reader, end);
    else if (tag === TIMESERIES.histogram) samples.skipHistogram(reader, end);
    else skipField(reader, tag);
  }
  if (samples.isEmpty) return;
  samples.addTo(seriesOf(body, labelsStart, labelsEnd, keys, registry));
}

function seriesOf(
  body: Buffer,
  labelsStart: number,
  labelsEnd: number,
  keys: Generations<SeriesRef>,
  registry: SeriesRegistry,
): SeriesRef | string {
  if (labelsEnd - labelsStart > SERIES_NAME_MAX_LENGTH) return 'labels: are too long';
  // Whatever else stands among the labels is part of the key, which then serves this one request at most.
  const key = body.toString('latin1', labelsStart, labelsEnd);
  const known = keys.get(key);
  if (known !== undefined) return known;
  const series = registry.find(nameOf(readLabels(body.subarray(labelsStart, labelsEnd))));
  if (typeof series !== 'string') keys.set(key, series);
  return series;
}

function readLabels(bytes: Buffer): Array<readonly [name: string, value: string]> {
  const reader = readerOf(bytes);
  const labels: Array<readonly [string, string]> = [];
  while (reader.pos < bytes.length) {
    const tag = reader.uint32();
    if (tag === TIMESERIES.label) labels.push(readLabel(reader, bytes.length));
    else skipField(reader, tag);
  }
  return labels;
}

function readLabel(reader: Reader, holderEnd: number): readonly [name: string, value: string] {
  const end = endOfField(reader, holderEnd);
  let name = '';
  let value = '';
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === LABEL.name) name = readText(reader);
    else if (tag === LABEL.value) value = readText(reader);
    else skipField(reader, tag);
  }
  return [name, value];
}

function readMetadata(reader: Reader, holderEnd: number, { batch }: DecodingContext): void {
  const end = endOfField(reader, holderEnd);
  let type = 0;
  let family = '';
  let unit = '';
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === METADATA.type) type = reader.uint32();
    else if (tag === METADATA.family) family = readText(reader);
    else if (tag === METADATA.unit) unit = readText(reader);
    else skipField(reader, tag);
  }
  const kind = kindOf(type);
  if (kind === undefined && unit === '') return;
  for (const suffix of ['', ...(SUFFIXES[kind ?? ''] ?? [])]) {
    batch.describe({ metricName: family + suffix, unit: unit === '' ? undefined : unit, kind });
  }
}
