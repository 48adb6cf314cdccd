import { describe, expect, test } from 'vitest';
import { decodeOtlpJson } from '../../../src/ingest/protocols/otlp-json.ts';
import { decodeOtlpProtobuf } from '../../../src/ingest/protocols/otlp-protobuf.ts';
import { decoding, RECEIVED_MS } from '../../support/decoding.ts';
import { encodeMessage } from '../../support/protobuf-messages.ts';

const TIME = RECEIVED_MS - 1000;
const timeUnixNano = `${TIME}000000`;

type Attributes = Record<string, object>;

function attributesOf(attributes: Attributes) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value }));
}

function request(metrics: readonly object[], resource: Attributes = {}, scope = '') {
  const scopeMetrics = [{ scope: { name: scope }, metrics }];
  return { resourceMetrics: [{ resource: { attributes: attributesOf(resource) }, scopeMetrics }] };
}

const HOST = { 'host.name': { stringValue: 'web-1' } };

describe.each([
  ['protobuf', (message: object) => encodeMessage('ExportRequest', message), decodeOtlpProtobuf],
  ['JSON', (message: object) => Buffer.from(JSON.stringify(message)), decodeOtlpJson],
] as const)('OTLP in %s', (_, encode, decode) => {
  const decoded = (message: object) => decoding((context) => decode(encode(message), context));

  test.each([
    ['gauge', {}, 'gauge'],
    ['sum', { isMonotonic: true, aggregationTemporality: 2 }, 'counter'],
    ['sum', { isMonotonic: true, aggregationTemporality: 1 }, 'counter_delta'],
    ['sum', { aggregationTemporality: 2 }, 'sum'],
    ['sum', { aggregationTemporality: 1 }, 'sum_delta'],
  ])('keeps a %s %o as the kind %s', (form, aggregation, kind) => {
    const held = {
      ...aggregation,
      dataPoints: [
        { timeUnixNano, asDouble: 1.5 },
        { timeUnixNano, asInt: '-7' },
      ],
    };
    const { samples } = decoded(request([{ name: 'm', unit: 'By', [form]: held }], HOST));
    expect(samples).toMatchObject([
      { metric_name: 'm', host: 'web-1', unit: 'By', kind, timeMs: TIME, value: 1.5 },
      { metric_name: 'm', host: 'web-1', unit: 'By', kind, timeMs: TIME, value: -7 },
    ]);
  });

  test('makes a count, a sum and cumulative buckets of a histogram', () => {
    const point = {
      timeUnixNano,
      count: '6',
      sum: 12.5,
      bucketCounts: ['1', '2', '3'],
      explicitBounds: [0.5, 10],
      attributes: attributesOf({ route: { stringValue: '/' } }),
    };
    const histogram = { dataPoints: [point], aggregationTemporality: 2 };
    const { samples } = decoded(request([{ name: 'latency', unit: 's', histogram }], HOST));
    expect(samples.map(({ metric_name, labels, unit, value }) => [metric_name, labels, unit, value])).toEqual(
      [
        ['latency_count', { route: '/' }, undefined, 6],
        ['latency_sum', { route: '/' }, 's', 12.5],
        ['latency_bucket', { route: '/', le: '0.5' }, undefined, 1],
        ['latency_bucket', { route: '/', le: '10' }, undefined, 3],
        ['latency_bucket', { route: '/', le: '+Inf' }, undefined, 6],
      ],
    );
  });

  test('makes labels of attributes: those of the point first, of the resource without host, os, process and SDK', () => {
    const point = {
      timeUnixNano,
      asDouble: 1,
      attributes: attributesOf({
        text: { stringValue: 'x' },
        yes: { boolValue: true },
        whole: { intValue: '9007199254740993' },
        half: { doubleValue: 0.5 },
        list: { arrayValue: { values: [{ stringValue: 'a' }, { boolValue: false }] } },
        map: { kvlistValue: { values: [{ key: 'k', value: { doubleValue: 1.5 } }] } },
        zone: { stringValue: 'own' },
      }),
    };
    const resource = {
      ...HOST,
      'service.name': { stringValue: 'shop' },
      'k8s.pod.name': { stringValue: 'shop-1' },
      'process.pid': { intValue: '7' },
      'telemetry.sdk.name': { stringValue: 'x' },
      'os.type': { stringValue: 'linux' },
      'host.arch': { stringValue: 'amd64' },
      zone: { stringValue: 'inherited' },
    };
    const { samples } = decoded(request([{ name: 'm', gauge: { dataPoints: [point] } }], resource, 'lib'));
    expect(samples[0]?.labels).toEqual({
      text: 'x',
      yes: 'true',
      whole: '9007199254740993',
      half: '0.5',
      list: '["a",false]',
      map: '{"k":1.5}',
      zone: 'own',
      'service.name': 'shop',
      'k8s.pod.name': 'shop-1',
      'otel.scope.name': 'lib',
    });
  });

  test.each([
    [{ 'service.name': { stringValue: 's' }, 'service.instance.id': { stringValue: 'i' } }, 'i'],
    [{ 'service.name': { stringValue: 's' } }, 's'],
    [{}, 'unknown'],
  ])('finds the host of a resource without host.name: %o is %s', (resource, host) => {
    const gauge = { dataPoints: [{ timeUnixNano, asDouble: 1 }] };
    expect(decoded(request([{ name: 'm', gauge }], resource)).samples[0]?.host).toBe(host);
  });

  test('leaves out a point that has no value, and rejects forms that are not stored by the index of the point', () => {
    const { samples, ignored, rejections } = decoded(
      request([
        { name: 'a', gauge: { dataPoints: [{ timeUnixNano, flags: 1 }] } },
        { name: 'b', exponentialHistogram: { dataPoints: [{}, {}] } },
        { name: 'c', summary: { dataPoints: [{}] } },
        { name: 'd', gauge: { dataPoints: [{ timeUnixNano, asDouble: 4 }] } },
        {
          name: 'e',
          histogram: { dataPoints: [{ timeUnixNano, bucketCounts: ['1'], explicitBounds: [1] }] },
        },
      ]),
    );
    expect(samples.map(({ metric_name }) => metric_name)).toEqual(['d']);
    expect(ignored).toBe(1);
    expect(rejections.map(({ index, code }) => [index, code])).toEqual([
      [1, 'unsupported'],
      [2, 'unsupported'],
      [3, 'unsupported'],
      [5, 'malformed'],
    ]);
  });

  test('refuses an attribute that is nested too deep', () => {
    let value: object = { stringValue: 'x' };
    for (let depth = 0; depth < 40; depth++) value = { arrayValue: { values: [value] } };
    const message = request([], { deep: value });
    expect(() => decoded(message)).toThrowError(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });

  test('refuses more attributes than a point may have', () => {
    const many = Object.fromEntries(
      Array.from({ length: 1001 }, (_value, i) => [`a${i}`, { intValue: '1' }]),
    );
    expect(() => decoded(request([], many))).toThrowError(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });
});

test('OTLP in protobuf is read in whatever order the fields stand', () => {
  const metric = encodeMessage(
    'ExportRequest',
    request([{ name: 'm', gauge: { dataPoints: [{ timeUnixNano, asDouble: 1 }] } }]),
  );
  const resource = encodeMessage('ExportRequest', {
    resourceMetrics: [{ resource: { attributes: attributesOf(HOST) } }],
  });
  // The fields of two messages of one type behind one another are one message: here the resource comes last.
  const inner = Buffer.concat([metric.subarray(2), resource.subarray(2)]);
  const body = Buffer.concat([Buffer.from([0x0a, inner.length]), inner]);
  expect(decoding((context) => decodeOtlpProtobuf(body, context)).samples).toMatchObject([{ host: 'web-1' }]);
});
