import { gzipSync } from 'node:zlib';
import { compressSync } from 'snappy';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { decodeMessage, encodeMessage } from '../support/protobuf-messages.ts';

let app: TestApp;
const NOW = Math.floor(Date.now() / 1000) * 1000;

beforeAll(async () => {
  app = await startTestApp({ MAX_SERIES: '60' });
});
afterAll(() => app.close());

function post(path: string, body: Buffer | string, headers: Record<string, string>): Promise<Response> {
  return app.rest(path, {
    method: 'POST',
    body: typeof body === 'string' ? body : new Uint8Array(body),
    headers,
  });
}

async function stored(metric: string): Promise<{ time: string; value: number }[]> {
  const query = `start=${NOW - 3_600_000}&end=${NOW + 3_600_000}&resolution=raw`;
  return (await app.json(`/api/metrics/${metric}?${query}`)).data;
}

function writeRequest(metric: string, samples: readonly { value: number; timestamp: number }[]): Buffer {
  const labels = [
    { name: '__name__', value: metric },
    { name: 'instance', value: 'web-1:9100' },
  ];
  return compressSync(encodeMessage('WriteRequest', { timeseries: [{ labels, samples }] }));
}

function writeRequest2(metric: string, samples: readonly { value: number; timestamp: number }[]): Buffer {
  const symbols = ['', '__name__', metric, 'instance', 'web-1:9100'];
  const timeseries = [{ labelsRefs: [1, 2, 3, 4], samples }];
  return compressSync(encodeMessage('Request2', { symbols, timeseries }));
}

const SNAPPY = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
const SNAPPY_2 = { ...SNAPPY, 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request' };

describe('remote_write', () => {
  const path = '/api/v1/write';

  test('answers 204 once the samples are stored, and again when they are sent again', async () => {
    const body = writeRequest('rw_good', [{ value: 1.5, timestamp: NOW }]);
    for (let i = 0; i < 2; i++) expect((await post(path, body, SNAPPY)).status).toBe(204);
    expect(await stored('rw_good')).toEqual([{ time: new Date(NOW).toISOString(), value: 1.5 }]);
  });

  test('answers 400 with the reason where a sample can never be stored, and keeps the good ones', async () => {
    const samples = [
      { value: 1, timestamp: NOW },
      { value: 2, timestamp: 1000 },
    ];
    const answer = await post(path, writeRequest('rw_old', samples), SNAPPY);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(/sample 1: .*RETAIN_RAW/);
    expect((await stored('rw_old')).map(({ value }) => value)).toEqual([1]);
  });

  test('of 2.0 says how many samples were written', async () => {
    const samples = [
      { value: 1, timestamp: NOW },
      { value: 2, timestamp: 1000 },
    ];
    const answer = await post(path, writeRequest2('rw_two', samples), SNAPPY_2);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-prometheus-remote-write-samples-written')).toBe('1');
    expect(answer.headers.get('x-prometheus-remote-write-histograms-written')).toBe('0');
    expect(answer.headers.get('x-prometheus-remote-write-exemplars-written')).toBe('0');
    const again = await post(path, writeRequest2('rw_two', samples.slice(0, 1)), SNAPPY_2);
    expect(again.status).toBe(204);
    expect(again.headers.get('x-prometheus-remote-write-samples-written')).toBe('1');
  });

  test('takes unit and kind from metadata', async () => {
    await post(path, writeRequest('rw_described', [{ value: 1, timestamp: NOW }]), SNAPPY);
    const metadata = [{ type: 2, metricFamilyName: 'rw_described', unit: 'bytes' }];
    const answer = await post(path, compressSync(encodeMessage('WriteRequest', { metadata })), SNAPPY);
    expect(answer.status).toBe(204);
    const { metrics } = await app.json('/api/metrics');
    expect(metrics).toContainEqual(
      expect.objectContaining({ metric_name: 'rw_described', unit: 'bytes', kind: 'gauge' }),
    );
  });

  test.each([
    ['another media type', 415, 'x', { ...SNAPPY, 'content-type': 'application/json' }],
    [
      'a message that is not known',
      415,
      'x',
      { ...SNAPPY, 'content-type': 'application/x-protobuf;proto=a.B' },
    ],
    ['another encoding', 415, 'x', { ...SNAPPY, 'content-encoding': 'gzip' }],
    ['what is no snappy', 400, 'x', SNAPPY],
    ['what is no protobuf', 400, compressSync('\x0a\x7fx') as Buffer, SNAPPY],
    ['what claims to be too long', 413, Buffer.from([255, 255, 255, 127, 0]), SNAPPY],
  ])('refuses %s with %i', async (_, status, body, headers) => {
    expect((await post(path, body, headers)).status).toBe(status);
  });
});

describe('OTLP', () => {
  const path = '/v1/metrics';
  const PROTOBUF = { 'content-type': 'application/x-protobuf' };
  const JSON_TYPE = { 'content-type': 'application/json' };

  function request(metric: string, ...values: number[]) {
    const dataPoints = values.map((asDouble, i) => ({
      asDouble,
      timeUnixNano: `${NOW + i}000000`,
      attributes: [{ key: 'core', value: { intValue: '3' } }],
    }));
    const metrics = [{ name: metric, unit: 'By', gauge: { dataPoints } }];
    const resource = { attributes: [{ key: 'host.name', value: { stringValue: 'web-1' } }] };
    return { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] };
  }

  test('in protobuf is answered in protobuf, empty where all was stored', async () => {
    const body = gzipSync(encodeMessage('ExportRequest', request('otlp_pb', 1.5)));
    const answer = await post(path, body, { ...PROTOBUF, 'content-encoding': 'gzip' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/x-protobuf');
    expect((await answer.arrayBuffer()).byteLength).toBe(0);
    expect((await stored('otlp_pb')).map(({ value }) => value)).toEqual([1.5]);
  });

  test('in JSON is answered in JSON', async () => {
    const answer = await post(path, JSON.stringify(request('otlp_json', 2)), JSON_TYPE);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({});
    expect((await stored('otlp_json')).map(({ value }) => value)).toEqual([2]);
  });

  test('says in partial_success how many data points were rejected, and keeps the others', async () => {
    const body = request('otlp_partial', 1, Number.NaN, 3);
    const answer = await post(path, encodeMessage('ExportRequest', body), PROTOBUF);
    expect(answer.status).toBe(200);
    expect(decodeMessage('ExportResponse', Buffer.from(await answer.arrayBuffer()))).toMatchObject({
      partialSuccess: { rejectedDataPoints: 1, errorMessage: expect.stringContaining('not finite') },
    });
    expect((await stored('otlp_partial')).map(({ value }) => value)).toEqual([1, 3]);
    const text = JSON.stringify(body).replace('null', '"NaN"');
    expect(await (await post(path, text, JSON_TYPE)).json()).toMatchObject({
      partialSuccess: { rejectedDataPoints: '1' },
    });
  });

  test.each([
    ['what is no protobuf', 400, '\x0a\x7fx', PROTOBUF],
    ['what is no JSON', 400, '{', JSON_TYPE],
    ['another media type', 415, '{}', { 'content-type': 'text/plain' }],
    ['another encoding', 415, '{}', { ...JSON_TYPE, 'content-encoding': 'zstd' }],
    ['what is no gzip', 400, '{}', { ...JSON_TYPE, 'content-encoding': 'gzip' }],
    ['a bomb', 413, gzipSync(Buffer.alloc(40_000_000)), { ...PROTOBUF, 'content-encoding': 'gzip' }],
  ])('refuses %s with %i and a status message', async (_, status, body, headers) => {
    const answer = await post(path, body, headers);
    expect(answer.status).toBe(status);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const message =
      headers['content-type'] === 'application/json'
        ? JSON.parse(bytes.toString())
        : decodeMessage('Status', bytes);
    expect(message.message).toMatch(/./);
  });
});

describe('line protocol', () => {
  const TEXT = { 'content-type': 'text/plain; charset=utf-8' };

  test.each(['/write?db=x&precision=ms', '/api/v2/write?org=o&bucket=b&precision=ms'])(
    'is taken at %s',
    async (path) => {
      const value = path.length;
      const body = `lp_good,host=web-1,disk=a used=${value},text="x" ${NOW + value}\n`;
      expect((await post(path, gzipSync(body), { ...TEXT, 'content-encoding': 'gzip' })).status).toBe(204);
      expect((await stored('lp_good_used')).map((sample) => sample.value)).toContain(value);
    },
  );

  test('answers 400 with the line and reason, and keeps the good lines', async () => {
    const body = `lp_part,host=a v=1 ${NOW}\nlp_part,host=a v=\nlp_part,host=a v=3 ${NOW + 1}`;
    const answer = await post('/api/v2/write?precision=ms', body, TEXT);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/line 2: v: is no number/),
      error: expect.stringContaining('partial write'),
    });
    expect((await stored('lp_part_v')).map(({ value }) => value)).toEqual([1, 3]);
  });

  test.each([
    ['a precision that there is not', 400, 'a v=1', '?precision=year', {}],
    ['what is not UTF-8', 400, Buffer.from([0xff, 0xfe]), '', {}],
    ['too long a body', 413, Buffer.alloc(33 * 1024 * 1024, 'a'), '', {}],
    ['another encoding', 415, 'a v=1', '', { 'content-encoding': 'br' }],
  ])('refuses %s with %i', async (_, status, body, query, headers) => {
    const answer = await post(`/write${query}`, body, { ...TEXT, ...headers });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toHaveProperty('error');
  });
});

describe('NDJSON', () => {
  test('is taken as the samples of POST /api/metrics, a faulty line rejected by its index', async () => {
    const lines = [
      JSON.stringify({ host: 'a', metric_name: 'nd', value: 1, time: NOW }),
      '{',
      JSON.stringify({ host: 'a', metric_name: 'nd', value: 2, time: NOW + 1, labels: { x: 'y' } }),
    ];
    const answer = await post('/api/metrics', `${lines.join('\n')}\n`, {
      'content-type': 'application/x-ndjson',
    });
    expect(await answer.json()).toMatchObject({ accepted: 2, duplicates: 0, rejected: [{ index: 1 }] });
  });
});

test('the status counts samples by protocol and what was rejected by reason', async () => {
  const before = (await app.json('/api/status')).ingest;
  const body = `counted v=1 ${NOW}\ncounted v= ${NOW}\ncounted v=1,s="x" ${NOW}\ncounted v=2 1`;
  await post('/write?precision=ms', body, {});
  const { protocols, pending_rows, pending_bytes } = (await app.json('/api/status')).ingest;
  const was = before.protocols.line_protocol;
  const { requests, accepted, duplicates, ignored, rejected } = protocols.line_protocol;
  expect([requests - was.requests, ignored - was.ignored]).toEqual([1, 1]);
  expect([accepted - was.accepted, duplicates - was.duplicates]).toEqual([1, 1]);
  expect(rejected.malformed - (was.rejected.malformed ?? 0)).toBe(1);
  expect(rejected.too_old - (was.rejected.too_old ?? 0)).toBe(1);
  expect([pending_rows, pending_bytes]).toEqual([0, 0]);
});

describe('the catalogue of series', () => {
  test('takes no more than MAX_SERIES, names what it refused and goes on with what it knows', async () => {
    const first = { host: 'known', metric_name: 'bounded', value: 1, time: NOW };
    const send = (samples: object[]) =>
      app.json('/api/metrics', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ samples }),
      });
    expect(await send([first])).toMatchObject({ accepted: 1 });
    const many = Array.from({ length: 100 }, (_, i) => ({ ...first, host: `h${i}` }));
    const { accepted, rejected } = await send(many);
    expect(accepted + rejected.length).toBe(100);
    expect(accepted).toBeLessThan(60);
    expect(rejected[0].reason).toMatch(/MAX_SERIES.*"bounded"/);
    expect(await send([{ ...first, time: NOW + 1 }, many[99]!])).toMatchObject({
      accepted: 1,
      rejected: [{ index: 1 }],
    });
  });
});
