import { describe, expect, test } from 'vitest';
import { decodeRemoteWrite } from '../../../src/ingest/protocols/remote-write.ts';
import { decodeRemoteWrite2 } from '../../../src/ingest/protocols/remote-write-2.ts';
import { SeriesRegistry } from '../../../src/ingest/series-registry.ts';
import { decoding, RECEIVED_MS } from '../../support/decoding.ts';
import { encodeMessage } from '../../support/protobuf-messages.ts';

const TIME = RECEIVED_MS - 1000;
const STALE = Buffer.from('020000000000f07f', 'hex');

type Labels = Record<string, string>;

/** A series as both versions are asked to carry it. */
interface Series {
  readonly labels: Labels;
  readonly samples?: readonly { readonly value: number; readonly timestamp: number }[];
  readonly histograms?: readonly object[];
}

function encode1(series: readonly Series[], metadata: readonly object[] = []): Buffer {
  const timeseries = series.map(({ labels, ...rest }) => ({
    labels: Object.entries(labels).map(([name, value]) => ({ name, value })),
    ...rest,
  }));
  return encodeMessage('WriteRequest', { timeseries, metadata });
}

function encode2(series: readonly Series[]): Buffer {
  const symbols = ['', ...new Set(series.flatMap(({ labels }) => Object.entries(labels).flat()))];
  const timeseries = series.map(({ labels, ...rest }) => ({
    labelsRefs: Object.entries(labels)
      .flat()
      .map((text) => symbols.indexOf(text)),
    ...rest,
  }));
  return encodeMessage('Request2', { symbols, timeseries });
}

describe.each([
  ['1.0', encode1, decodeRemoteWrite],
  ['2.0', encode2, decodeRemoteWrite2],
] as const)('remote_write %s', (_, encode, decode) => {
  const decoded = (...series: Series[]) => decoding((context) => decode(encode(series), context));

  test('takes the name from __name__ and the host from instance, whose port stays with the labels', () => {
    const labels = { __name__: 'up', instance: 'web-1:9100', job: 'node' };
    expect(decoded({ labels, samples: [{ value: 1.5, timestamp: TIME }] }).samples).toMatchObject([
      {
        metric_name: 'up',
        host: 'web-1',
        labels: { instance: 'web-1:9100', job: 'node' },
        timeMs: TIME,
        value: 1.5,
      },
    ]);
  });

  test.each([
    ['an instance without a port', { instance: 'web-1' }, 'web-1', {}],
    ['an IPv6 address', { instance: '[::1]:9100' }, '::1', { instance: '[::1]:9100' }],
    ['no instance but a host', { host: 'db-1' }, 'db-1', {}],
    ['neither', { job: 'rules' }, 'unknown', { job: 'rules' }],
  ])('finds the host of a series with %s', (_case, labels, host, left) => {
    const series = { labels: { __name__: 'up', ...labels }, samples: [{ value: 1, timestamp: TIME }] };
    const [sample] = decoded(series).samples;
    expect(sample?.host).toBe(host);
    expect(sample?.labels).toEqual(left);
  });

  test('leaves stale markers out and rejects any other NaN by the index of its sample', () => {
    const stale = STALE.readDoubleLE();
    const body = encode([
      {
        labels: { __name__: 'a', instance: 'h' },
        samples: [
          { value: 1, timestamp: TIME },
          { value: 7.25, timestamp: TIME + 1 },
          { value: Number.NaN, timestamp: TIME + 2 },
        ],
      },
    ]);
    // An encoder may write any NaN for a NaN, so the marker is put in by hand.
    const marker = Buffer.alloc(8);
    marker.writeDoubleLE(7.25);
    STALE.copy(body, body.indexOf(marker));
    const { samples, ignored, rejections } = decoding((context) => decode(body, context));
    expect(Number.isNaN(stale)).toBe(true);
    expect(samples.map(({ value }) => value)).toEqual([1]);
    expect(ignored).toBe(1);
    expect(rejections).toMatchObject([{ index: 1, code: 'not_finite' }]);
  });

  test('rejects native histograms, and keeps the samples beside them', () => {
    const { samples, rejections } = decoded(
      { labels: { __name__: 'a' }, histograms: [{ timestamp: TIME }, { timestamp: TIME }] },
      { labels: { __name__: 'b' }, samples: [{ value: 2, timestamp: TIME }] },
    );
    expect(samples).toMatchObject([{ metric_name: 'b', value: 2 }]);
    expect(rejections).toMatchObject([
      { index: 0, code: 'unsupported' },
      { index: 1, code: 'unsupported' },
    ]);
  });

  test.each([
    ['no name', { instance: 'h' }, 'metric_name'],
    ['a name that is too long', { __name__: 'a'.repeat(201) }, 'metric_name'],
    ['a control character', { __name__: 'a', l: 'x\u0000y' }, 'labels.l'],
    [
      'too many labels',
      { __name__: 'a', ...Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`l${i}`, 'v'])) },
      'labels',
    ],
  ])('rejects a series with %s', (_case, labels, field) => {
    const { rejections } = decoded({ labels: labels as Labels, samples: [{ value: 1, timestamp: TIME }] });
    expect(rejections).toMatchObject([{ index: 0, code: 'invalid_series' }]);
    expect(rejections[0]?.reason).toContain(field);
  });

  test('finds the same series again when it comes a second time', () => {
    const registry = new SeriesRegistry();
    const body = encode([
      { labels: { __name__: 'a', instance: 'h' }, samples: [{ value: 1, timestamp: TIME }] },
    ]);
    const [first, second] = [0, 1].map(() => decoding((context) => decode(body, context), registry).batch);
    expect(second?.series[0]).toBe(first?.series[0]);
  });

  test('refuses a body that is cut short', () => {
    const body = encode([{ labels: { __name__: 'a' }, samples: [{ value: 1, timestamp: TIME }] }]);
    expect(() => decoding((context) => decode(body.subarray(0, -3), context))).toThrowError(
      expect.objectContaining({ code: 'BAD_REQUEST' }),
    );
  });
});

describe('metadata', () => {
  test('of remote_write 1.0 describes the series that a family has', () => {
    const metadata = [
      { type: 1, metricFamilyName: 'requests', unit: '' },
      { type: 3, metricFamilyName: 'latency', unit: 'seconds' },
      { type: 0, metricFamilyName: 'unknown' },
    ];
    const { batch } = decoding((context) => decodeRemoteWrite(encode1([], metadata), context));
    expect(batch.descriptions).toEqual([
      { metricName: 'requests', unit: undefined, kind: 'counter' },
      { metricName: 'requests_total', unit: undefined, kind: 'counter' },
      { metricName: 'latency', unit: 'seconds', kind: 'histogram' },
      { metricName: 'latency_bucket', unit: 'seconds', kind: 'histogram' },
      { metricName: 'latency_sum', unit: 'seconds', kind: 'histogram' },
      { metricName: 'latency_count', unit: 'seconds', kind: 'histogram' },
    ]);
  });

  test('of remote_write 2.0 describes its series', () => {
    const body = encodeMessage('Request2', {
      timeseries: [
        {
          labelsRefs: [1, 2],
          samples: [{ value: 1, timestamp: TIME }],
          metadata: { type: 2, unitRef: 3 },
        },
      ],
      symbols: ['', '__name__', 'memory', 'bytes'],
    });
    const { samples } = decoding((context) => decodeRemoteWrite2(body, context));
    expect(samples).toMatchObject([{ metric_name: 'memory', unit: 'bytes', kind: 'gauge' }]);
  });

  test('of remote_write 2.0 must name symbols that are there', () => {
    const body = encodeMessage('Request2', {
      symbols: [''],
      timeseries: [{ labelsRefs: [1, 2], samples: [{ value: 1, timestamp: TIME }] }],
    });
    expect(() => decoding((context) => decodeRemoteWrite2(body, context))).toThrowError(
      expect.objectContaining({ code: 'BAD_REQUEST' }),
    );
  });
});
