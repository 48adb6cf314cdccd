import type { DecodingContext } from '../decoding-context.ts';
import { type OtlpMetric, OtlpPoints } from './otlp-points.ts';
import { readAttribute } from './otlp-protobuf-attributes.ts';
import { readPoint } from './otlp-protobuf-points.ts';
import { decodingProtobuf, eachField, endOfField, type Reader, readerOf, readText } from './protobuf.ts';

const REQUEST = { resourceMetrics: 0x0a };
const RESOURCE_METRICS = { resource: 0x0a, scopeMetrics: 0x12 };
const RESOURCE = { attribute: 0x0a };
const SCOPE_METRICS = { scope: 0x0a, metric: 0x12 };
const SCOPE = { name: 0x0a };
const METRIC = { name: 0x0a, unit: 0x1a };
/** What a metric holds its data points in. */
const FORMS: ReadonlyMap<number, OtlpMetric['form']> = new Map([
  [0x2a, 'gauge'],
  [0x3a, 'sum'],
  [0x4a, 'histogram'],
  [0x52, 'exponential histogram'],
  [0x5a, 'summary'],
]);
const POINTS = { point: 0x0a, temporality: 0x10, isMonotonic: 0x18 };
const DELTA = 1;

/**
 * Adds the data points of an `ExportMetricsServiceRequest` in protobuf. What a message says of all it holds may stand
 * behind that, so each level is walked twice; nothing but the point at hand is ever built.
 * Source: https://opentelemetry.io/docs/specs/otlp/ and opentelemetry/proto/metrics/v1/metrics.proto
 * @throws HyperdashError BAD_REQUEST where it is no such message
 */
export function decodeOtlpProtobuf(body: Buffer, context: DecodingContext): void {
  decodingProtobuf(() => {
    const reader = readerOf(body);
    const points = new OtlpPoints(context);
    eachField(reader, body.length, (tag) => {
      if (tag !== REQUEST.resourceMetrics) return false;
      readResourceMetrics(reader, endOfField(reader, body.length), points);
      return true;
    });
  });
}

function readResourceMetrics(reader: Reader, end: number, points: OtlpPoints): void {
  const start = reader.pos;
  points.resource = [];
  eachField(reader, end, (tag) => {
    if (tag !== RESOURCE_METRICS.resource) return false;
    const attributes: Array<readonly [string, string]> = [];
    const resourceEnd = endOfField(reader, end);
    eachField(reader, resourceEnd, (field) => {
      if (field !== RESOURCE.attribute) return false;
      readAttribute(reader, resourceEnd, attributes);
      return true;
    });
    points.resource = attributes;
    return true;
  });
  reader.pos = start;
  eachField(reader, end, (tag) => {
    if (tag !== RESOURCE_METRICS.scopeMetrics) return false;
    readScopeMetrics(reader, endOfField(reader, end), points);
    return true;
  });
}

function readScopeMetrics(reader: Reader, end: number, points: OtlpPoints): void {
  const start = reader.pos;
  points.scope = '';
  eachField(reader, end, (tag) => {
    if (tag !== SCOPE_METRICS.scope) return false;
    eachField(reader, endOfField(reader, end), (field) => {
      if (field !== SCOPE.name) return false;
      points.scope = readText(reader);
      return true;
    });
    return true;
  });
  reader.pos = start;
  eachField(reader, end, (tag) => {
    if (tag !== SCOPE_METRICS.metric) return false;
    readMetric(reader, endOfField(reader, end), points);
    return true;
  });
}

function readMetric(reader: Reader, end: number, points: OtlpPoints): void {
  let name = '';
  let unit = '';
  let form: OtlpMetric['form'] | undefined;
  let [pointsStart, pointsEnd] = [end, end];
  eachField(reader, end, (tag) => {
    if (tag === METRIC.name) name = readText(reader);
    else if (tag === METRIC.unit) unit = readText(reader);
    else if (FORMS.has(tag)) {
      form = FORMS.get(tag);
      pointsEnd = endOfField(reader, end);
      pointsStart = reader.pos;
      reader.pos = pointsEnd;
    } else return false;
    return true;
  });
  if (form === undefined) return;
  reader.pos = pointsStart;
  const { isDelta, isMonotonic } = readAggregation(reader, pointsEnd);
  reader.pos = pointsStart;
  const metric: OtlpMetric = { name, unit, form, isDelta, isMonotonic };
  eachField(reader, pointsEnd, (tag) => {
    if (tag !== POINTS.point) return false;
    points.add(metric, readPoint(reader, endOfField(reader, pointsEnd), metric.form));
    return true;
  });
  reader.pos = end;
}

function readAggregation(reader: Reader, end: number): Pick<OtlpMetric, 'isDelta' | 'isMonotonic'> {
  let isDelta = false;
  let isMonotonic = false;
  eachField(reader, end, (tag) => {
    if (tag === POINTS.temporality) isDelta = reader.uint32() === DELTA;
    else if (tag === POINTS.isMonotonic) isMonotonic = reader.bool();
    else return false;
    return true;
  });
  return { isDelta, isMonotonic };
}
