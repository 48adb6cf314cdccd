import { HyperdashError } from '../../errors.ts';
import type { DecodingContext } from '../decoding-context.ts';
import { ATTRIBUTE_MAX_DEPTH, type AttributeValue, addAttribute, tooDeep } from './otlp-attributes.ts';
import { type JsonObject, listOf, numberOf, objectOf, objectsOf, textOf } from './otlp-json-fields.ts';
import {
  type Attributes,
  NO_RECORDED_VALUE,
  type OtlpMetric,
  type OtlpPoint,
  OtlpPoints,
} from './otlp-points.ts';

const FORMS = [
  ['gauge', 'gauge'],
  ['sum', 'sum'],
  ['histogram', 'histogram'],
  ['exponentialHistogram', 'exponential histogram'],
  ['summary', 'summary'],
] as const;
const DELTA = 1;

/**
 * Adds the data points of an `ExportMetricsServiceRequest` in OTLP's JSON.
 * Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 * @throws HyperdashError BAD_REQUEST where it is none
 */
export function decodeOtlpJson(body: Buffer, context: DecodingContext): void {
  const points = new OtlpPoints(context);
  for (const resourceMetrics of objectsOf(parsed(body), 'resourceMetrics')) {
    points.resource = attributesOf(objectOf(resourceMetrics, 'resource'));
    for (const scopeMetrics of objectsOf(resourceMetrics, 'scopeMetrics')) {
      points.scope = textOf(objectOf(scopeMetrics, 'scope'), 'name');
      for (const metric of objectsOf(scopeMetrics, 'metrics')) addMetric(metric, points);
    }
  }
}

function parsed(body: Buffer): JsonObject {
  try {
    const message: unknown = JSON.parse(body.toString('utf8'));
    if (typeof message === 'object' && message !== null) return message as JsonObject;
  } catch {
    // Told below, without the parser's words, which quote the body.
  }
  throw new HyperdashError('BAD_REQUEST', 'the body is no JSON object');
}

function addMetric(json: JsonObject, points: OtlpPoints): void {
  for (const [field, form] of FORMS) {
    if (json[field] === undefined || json[field] === null) continue;
    const held = objectOf(json, field);
    const metric: OtlpMetric = {
      name: textOf(json, 'name'),
      unit: textOf(json, 'unit'),
      form,
      isDelta: numberOf(held, 'aggregationTemporality') === DELTA,
      isMonotonic: held.isMonotonic === true,
    };
    for (const point of objectsOf(held, 'dataPoints')) points.add(metric, pointOf(point, form));
  }
}

function pointOf(json: JsonObject, form: OtlpMetric['form']): OtlpPoint {
  const value = numberOf(json, 'asDouble') ?? numberOf(json, 'asInt');
  const flags = numberOf(json, 'flags') ?? 0;
  return {
    attributes: attributesOf(json),
    timeNs: numberOf(json, 'timeUnixNano') ?? 0,
    hasNoValue: (flags & NO_RECORDED_VALUE) !== 0 || (form !== 'histogram' && value === undefined),
    value: value ?? 0,
    ...(form === 'histogram' && {
      histogram: {
        count: numberOf(json, 'count') ?? 0,
        sum: numberOf(json, 'sum'),
        bucketCounts: listOf(json, 'bucketCounts').map(Number),
        bounds: listOf(json, 'explicitBounds').map(Number),
      },
    }),
  };
}

function attributesOf(json: JsonObject): Attributes {
  const attributes: Array<readonly [string, string]> = [];
  for (const attribute of objectsOf(json, 'attributes')) {
    addAttribute(attributes, textOf(attribute, 'key'), anyValue(objectOf(attribute, 'value'), 0));
  }
  return attributes;
}

function anyValue(json: JsonObject, depth: number): AttributeValue {
  if (depth > ATTRIBUTE_MAX_DEPTH) throw tooDeep();
  const { stringValue, boolValue, intValue, doubleValue, bytesValue } = json;
  const scalar = stringValue ?? boolValue ?? bytesValue ?? intValue ?? doubleValue;
  if (typeof scalar === 'string' || typeof scalar === 'number' || typeof scalar === 'boolean') {
    // As in protobuf, where a list of whole numbers holds them as text.
    return scalar === intValue ? String(scalar) : scalar;
  }
  if (json.arrayValue !== undefined) {
    return objectsOf(objectOf(json, 'arrayValue'), 'values').map((value) => anyValue(value, depth + 1));
  }
  if (json.kvlistValue === undefined) return null;
  const entries = objectsOf(objectOf(json, 'kvlistValue'), 'values').map(
    (entry) => [textOf(entry, 'key'), anyValue(objectOf(entry, 'value'), depth + 1)] as const,
  );
  return Object.fromEntries(entries);
}
