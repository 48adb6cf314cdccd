import { NO_RECORDED_VALUE, type OtlpMetric, type OtlpPoint } from './otlp-points.ts';
import { readAttribute } from './otlp-protobuf-attributes.ts';
import { eachField, endOfField, type Reader, readFixed64, readSignedFixed64 } from './protobuf.ts';

const NUMBER = { attribute: 0x3a, time: 0x19, asDouble: 0x21, asInt: 0x31, flags: 0x40 };
const HISTOGRAM = { attribute: 0x4a, time: 0x19, count: 0x21, sum: 0x29, flags: 0x50 };
const BUCKETS = { counts: 0x32, count: 0x31, bounds: 0x3a, bound: 0x39 };

/** Reads a data point up to `end`; of a form that is not stored nothing is read. */
export function readPoint(reader: Reader, end: number, form: OtlpMetric['form']): OtlpPoint {
  if (form === 'histogram') return readHistogram(reader, end);
  if (form !== 'exponential histogram' && form !== 'summary') return readNumber(reader, end);
  reader.pos = end;
  return { attributes: [], timeNs: 0, hasNoValue: false, value: 0 };
}

function readNumber(reader: Reader, end: number): OtlpPoint {
  const attributes: Array<readonly [string, string]> = [];
  let [timeNs, flags] = [0, 0];
  let value: number | undefined;
  eachField(reader, end, (tag) => {
    if (tag === NUMBER.attribute) readAttribute(reader, end, attributes);
    else if (tag === NUMBER.time) timeNs = readFixed64(reader);
    else if (tag === NUMBER.asDouble) value = reader.double();
    else if (tag === NUMBER.asInt) value = readSignedFixed64(reader);
    else if (tag === NUMBER.flags) flags = reader.uint32();
    else return false;
    return true;
  });
  const hasNoValue = value === undefined || (flags & NO_RECORDED_VALUE) !== 0;
  return { attributes, timeNs, hasNoValue, value: value ?? 0 };
}

function readHistogram(reader: Reader, end: number): OtlpPoint {
  const attributes: Array<readonly [string, string]> = [];
  const bucketCounts: number[] = [];
  const bounds: number[] = [];
  let [timeNs, flags, count] = [0, 0, 0];
  let sum: number | undefined;
  eachField(reader, end, (tag) => {
    if (tag === HISTOGRAM.attribute) readAttribute(reader, end, attributes);
    else if (tag === HISTOGRAM.time) timeNs = readFixed64(reader);
    else if (tag === HISTOGRAM.count) count = readFixed64(reader);
    else if (tag === HISTOGRAM.sum) sum = reader.double();
    else if (tag === HISTOGRAM.flags) flags = reader.uint32();
    else if (tag === BUCKETS.count) bucketCounts.push(readFixed64(reader));
    else if (tag === BUCKETS.bound) bounds.push(reader.double());
    else if (tag === BUCKETS.counts) readPacked(reader, end, bucketCounts, () => readFixed64(reader));
    else if (tag === BUCKETS.bounds) readPacked(reader, end, bounds, () => reader.double());
    else return false;
    return true;
  });
  const hasNoValue = (flags & NO_RECORDED_VALUE) !== 0;
  return { attributes, timeNs, hasNoValue, value: 0, histogram: { count, sum, bucketCounts, bounds } };
}

function readPacked(reader: Reader, holderEnd: number, into: number[], read: () => number): void {
  const end = endOfField(reader, holderEnd);
  while (reader.pos < end) into.push(read());
}
