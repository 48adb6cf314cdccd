import { HyperdashError } from '../../errors.ts';
import type { DecodingContext } from '../decoding-context.ts';
import type { Generations } from '../generations.ts';
import { SERIES_NAME_MAX_LENGTH } from '../limits.ts';
import type { SeriesRef } from '../series-registry.ts';
import { kindOf, nameOf, SeriesSamples } from './prometheus-series.ts';
import { decodingProtobuf, endOfField, type Reader, readerOf, readText, skipField } from './protobuf.ts';

const REQUEST = { symbol: 0x22, timeseries: 0x2a };
const TIMESERIES = { labelRefs: 0x0a, labelRef: 0x08, sample: 0x12, histogram: 0x1a, metadata: 0x2a };
const METADATA = { type: 0x08, unitRef: 0x20 };

const SYMBOLS_MAX = 1_000_000;

/** What names a series, in symbols. */
interface References {
  readonly labels: number[];
  type: number;
  unit: number;
}

/**
 * Adds the samples of an `io.prometheus.write.v2.Request`, remote_write 2.0, uncompressed.
 * Source: https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/
 * @throws HyperdashError BAD_REQUEST where it is no such message, PAYLOAD_TOO_LARGE past a million symbols
 */
export function decodeRemoteWrite2(body: Buffer, context: DecodingContext): void {
  decodingProtobuf(() => {
    const symbols = readSymbols(body);
    const reader = readerOf(body);
    const keys = context.registry.keysOf('remote_write_2');
    const samples = new SeriesSamples(context);
    while (reader.pos < body.length) {
      const tag = reader.uint32();
      if (tag === REQUEST.timeseries) {
        const references = readTimeseries(reader, body.length, samples);
        if (!samples.isEmpty) samples.addTo(seriesOf(references, symbols, keys, context));
      } else skipField(reader, tag);
    }
  });
}

/** A first pass, as the symbols may stand behind the series. */
function readSymbols(body: Buffer): string[] {
  const reader = readerOf(body);
  const symbols: string[] = [];
  while (reader.pos < body.length) {
    const tag = reader.uint32();
    if (tag !== REQUEST.symbol) {
      skipField(reader, tag);
      continue;
    }
    if (symbols.length === SYMBOLS_MAX) {
      throw new HyperdashError('PAYLOAD_TOO_LARGE', `more than ${SYMBOLS_MAX} symbols in one request`);
    }
    symbols.push(readText(reader));
  }
  return symbols;
}

function readTimeseries(reader: Reader, holderEnd: number, samples: SeriesSamples): References {
  const end = endOfField(reader, holderEnd);
  const references: References = { labels: [], type: 0, unit: 0 };
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === TIMESERIES.labelRefs) {
      const refsEnd = endOfField(reader, end);
      while (reader.pos < refsEnd) references.labels.push(reader.uint32());
    } else if (tag === TIMESERIES.labelRef) references.labels.push(reader.uint32());
    else if (tag === TIMESERIES.sample) samples.read(reader, end);
    else if (tag === TIMESERIES.histogram) samples.skipHistogram(reader, end);
    else if (tag === TIMESERIES.metadata) readMetadata(reader, end, references);
    else skipField(reader, tag);
  }
  return references;
}

function readMetadata(reader: Reader, holderEnd: number, references: References): void {
  const end = endOfField(reader, holderEnd);
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === METADATA.type) references.type = reader.uint32();
    else if (tag === METADATA.unitRef) references.unit = reader.uint32();
    else skipField(reader, tag);
  }
}

function seriesOf(
  { labels, type, unit }: References,
  symbols: readonly string[],
  keys: Generations<SeriesRef>,
  { registry }: DecodingContext,
): SeriesRef | string {
  if (labels.length % 2 !== 0)
    throw new HyperdashError('BAD_REQUEST', 'a series has a label without a value');
  // Names that may be stored hold no NUL and their number stands in front, so a key names one series.
  const unitText = symbolAt(symbols, unit).replaceAll('\0', '');
  let key = `${labels.length}\0${type}\0${unitText}`;
  for (const reference of labels) {
    key += `\0${symbolAt(symbols, reference)}`;
    if (key.length > SERIES_NAME_MAX_LENGTH) return 'labels: are too long';
  }
  const known = keys.get(key);
  if (known !== undefined) return known;
  const pairs: Array<readonly [string, string]> = [];
  for (let i = 0; i < labels.length; i += 2) pairs.push([symbols[labels[i]!]!, symbols[labels[i + 1]!]!]);
  const series = registry.find({
    ...nameOf(pairs),
    kind: kindOf(type),
    unit: unitText === '' ? undefined : unitText,
  });
  if (typeof series !== 'string') keys.set(key, series);
  return series;
}

function symbolAt(symbols: readonly string[], reference: number): string {
  const symbol = symbols[reference];
  // Without a unit or labels the reference is 0, and there may be no symbols at all.
  if (symbol === undefined && reference !== 0) {
    throw new HyperdashError('BAD_REQUEST', `there is no symbol ${reference}`);
  }
  return symbol ?? '';
}
