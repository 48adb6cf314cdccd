import { gzipSync } from 'node:zlib';
import { compressSync } from 'snappy';
import { describe, expect, test } from 'vitest';
import { Host, Labels, MetricName } from '../../src/contract/names.ts';
import { HyperdashError } from '../../src/errors.ts';
import type { DecodingContext } from '../../src/ingest/decoding-context.ts';
import { uncompressGzip } from '../../src/ingest/protocols/gzip.ts';
import { decodeSamples } from '../../src/ingest/protocols/json.ts';
import { decodeLineProtocol } from '../../src/ingest/protocols/line-protocol.ts';
import { parseNdjson } from '../../src/ingest/protocols/ndjson.ts';
import { decodeOtlpJson } from '../../src/ingest/protocols/otlp-json.ts';
import { decodeOtlpProtobuf } from '../../src/ingest/protocols/otlp-protobuf.ts';
import { decodeRemoteWrite } from '../../src/ingest/protocols/remote-write.ts';
import { decodeRemoteWrite2 } from '../../src/ingest/protocols/remote-write-2.ts';
import { uncompressSnappy } from '../../src/ingest/protocols/snappy.ts';
import { SeriesRegistry } from '../../src/ingest/series-registry.ts';
import { type Decoded, decoding, OLDEST_MS, RECEIVED_MS } from '../support/decoding.ts';
import { damagedBodies, FUZZ_RUNS } from '../support/fuzz.ts';
import { encodeMessage } from '../support/protobuf-messages.ts';

const TIME = RECEIVED_MS - 60_000;
const TIMEOUT_MS = 1_800_000;

const points = [
  { asDouble: 1.5, timeUnixNano: `${TIME}000000`, attributes: [{ key: 'a', value: { intValue: '-3' } }] },
  { asInt: '7', timeUnixNano: `${TIME}000001`, flags: 1 },
];
const histogram = {
  dataPoints: [
    {
      timeUnixNano: `${TIME}000000`,
      count: '3',
      sum: 4.5,
      bucketCounts: ['1', '2', '0'],
      explicitBounds: [1, 2.5],
      attributes: [
        { key: 'l', value: { arrayValue: { values: [{ stringValue: 'x' }, { boolValue: true }] } } },
      ],
    },
  ],
  aggregationTemporality: 1,
};
const OTLP = {
  resourceMetrics: [
    {
      resource: {
        attributes: [
          { key: 'host.name', value: { stringValue: 'web-1' } },
          { key: 'm', value: { kvlistValue: { values: [{ key: 'k', value: { doubleValue: 0.5 } }] } } },
        ],
      },
      scopeMetrics: [
        {
          scope: { name: 'lib' },
          metrics: [
            { name: 'g', unit: 'By', gauge: { dataPoints: points } },
            { name: 's', sum: { dataPoints: points, isMonotonic: true, aggregationTemporality: 2 } },
            { name: 'h', histogram },
            { name: 'e', exponentialHistogram: { dataPoints: [{}] } },
          ],
        },
      ],
    },
  ],
};
const WRITE = {
  timeseries: [
    {
      labels: [
        { name: '__name__', value: 'up' },
        { name: 'instance', value: 'web-1:9100' },
        { name: 'job', value: 'nodé' },
      ],
      samples: [
        { value: 1, timestamp: TIME },
        { value: Number.NaN, timestamp: TIME + 1 },
      ],
      histograms: [{ timestamp: TIME }],
    },
  ],
  metadata: [{ type: 3, metricFamilyName: 'up', unit: 'seconds' }],
};
const WRITE_2 = {
  symbols: ['', '__name__', 'up', 'instance', 'web-1:9100', 'bytes'],
  timeseries: [
    { labelsRefs: [1, 2, 3, 4], samples: [{ value: 1, timestamp: TIME }], metadata: { type: 1, unitRef: 5 } },
    { labelsRefs: [1, 2], histograms: [{ timestamp: TIME }] },
  ],
};
const LINES = [
  `cpu,host=web-1,core=0 usage=1.5,n=3i,ok=t,s="a \\"b\\", c=d\n" ${TIME}\n`,
  `# note\n\nwea\\ ther,pl\\,ace=a\\=b te\\ mp=82 ${TIME}\r\nm f=1u`,
];
const SAMPLES = [
  { host: 'web-1', metric_name: 'cpu', value: 1.5, time: new Date(TIME).toISOString(), labels: { a: 'b' } },
  { host: 'web-1', metric_name: 'cpu', value: -2, time: TIME },
];

const text = (...texts: string[]) => texts.map((part) => Buffer.from(part));

/** Each decoder with bodies that it takes. */
const DECODERS: readonly [string, readonly Buffer[], (body: Buffer, context: DecodingContext) => void][] = [
  ['remote_write 1.0', [encodeMessage('WriteRequest', WRITE)], decodeRemoteWrite],
  ['remote_write 2.0', [encodeMessage('Request2', WRITE_2)], decodeRemoteWrite2],
  ['OTLP in protobuf', [encodeMessage('ExportRequest', OTLP)], decodeOtlpProtobuf],
  ['OTLP in JSON', text(JSON.stringify(OTLP)), decodeOtlpJson],
  ['line protocol', text(...LINES), (body, context) => decodeLineProtocol(body, 'ms', context)],
  [
    'NDJSON',
    text(`${SAMPLES.map((sample) => JSON.stringify(sample)).join('\n')}\n`),
    (body, context) => decodeSamples(parseNdjson(body.toString('utf8')), context),
  ],
];

/** What the decoder made of a body; undefined where it refused it with a coded error, the only one it may throw. */
function tried(decode: () => Decoded): Decoded | undefined {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof HyperdashError)) throw error;
    expect(['BAD_REQUEST', 'PAYLOAD_TOO_LARGE']).toContain(error.code);
    return undefined;
  }
}

function isStorable({ samples }: Decoded): boolean {
  return samples.every(
    ({ metric_name, host, labels, timeMs, value }) =>
      MetricName.safeParse(metric_name).success &&
      Host.safeParse(host).success &&
      Labels.safeParse(labels).success &&
      Object.values(labels).every((label) => label !== '') &&
      Number.isFinite(value) &&
      timeMs >= OLDEST_MS &&
      timeMs <= RECEIVED_MS + 86_400_000,
  );
}

describe.each(DECODERS)('damaged bodies of %s', (_, valid, decode) => {
  test('are valid before they are damaged', () => {
    for (const body of valid) {
      expect(decoding((context) => decode(body, context)).samples.length).toBeGreaterThan(0);
    }
  });

  test(
    'give samples that can be stored, or an error with a code',
    () => {
      const registry = new SeriesRegistry();
      let refused = 0;
      for (const body of damagedBodies(valid, FUZZ_RUNS, 20_261_124)) {
        const decoded = tried(() => decoding((context) => decode(body, context), registry));
        if (decoded === undefined) refused++;
        else if (!isStorable(decoded)) expect.fail(`not storable: ${body.toString('base64')}`);
      }
      expect(refused).toBeLessThan(FUZZ_RUNS);
    },
    TIMEOUT_MS,
  );
});

describe.each([
  [
    'snappy',
    [compressSync('hello hello hello hello'), compressSync(encodeMessage('WriteRequest', WRITE))],
    uncompressSnappy,
  ],
  ['gzip', [gzipSync(LINES[0]!), gzipSync(JSON.stringify(OTLP))], uncompressGzip],
] as const)('damaged bodies in %s', (_, valid, uncompress) => {
  test(
    'are unpacked, or refused with a code',
    () => {
      for (const body of damagedBodies(valid, FUZZ_RUNS, 7)) {
        tried(() => {
          uncompress(body);
          return decoding(() => {});
        });
      }
    },
    TIMEOUT_MS,
  );
});
