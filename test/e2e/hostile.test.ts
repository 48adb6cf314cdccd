import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startTestApp, type TestApp } from '../support/app.ts';
import { sendRaw } from '../support/raw-http.ts';

let app: TestApp;
let before: unknown;
beforeAll(async () => {
  app = await startTestApp();
  await app.client.ingest.mutate({ samples: [{ host: 'kept', metric_name: 'kept', value: 1 }] });
  before = await everything();
});
afterAll(() => app?.close());

/** All that a request could have changed. */
async function everything(): Promise<unknown> {
  const { hosts } = await app.json('/api/hosts');
  const { metrics } = await app.json('/api/metrics');
  const latest = await app.json('/api/metrics/kept/latest');
  const { store } = await app.json('/api/status');
  const tiers = store.tiers.map(({ data_source, chunks }: Record<string, unknown>) => [data_source, chunks]);
  return { hosts, metrics, latest, tiers, polluted: ({} as Record<string, unknown>).polluted };
}

const SQL = [
  "'; DROP TABLE samples; --",
  "' OR '1'='1",
  '1); DELETE FROM series; --',
  "\\'; SELECT pg_sleep(10); --",
  '$1::regclass',
  'kept" UNION SELECT usename, passwd FROM pg_shadow --',
];
const POLLUTION = [
  '{"__proto__":{"polluted":true},"samples":[]}',
  '{"constructor":{"prototype":{"polluted":true}},"samples":[]}',
  '{"samples":[{"host":"x","metric_name":"x","value":1,"labels":{"__proto__":"x"}}]}',
  '{"samples":[{"host":"x","metric_name":"x","value":"1","__proto__":{"value":1}}]}',
];
const SUPERJSON = [
  '{"json":{"samples":[]},"meta":{"values":{"__proto__.polluted":["Date"]}}}',
  '{"json":{"samples":[]},"meta":{"values":{"constructor.prototype.polluted":["Date"]}}}',
  '{"json":{"__proto__":{"polluted":true},"samples":[]}}',
  '{"json":{"samples":[{"a":1}]},"meta":{"referentialEqualities":{"samples":["__proto__.polluted"]}}}',
  '{"json":{"samples":"x"},"meta":{"values":{"samples":[["class","Object"]]}}}',
  '{"json":{"samples":"x"},"meta":{"values":{"samples":[["custom","Points"]]}}}',
  '{"json":null}',
  '[]',
];
const NUMBERS = ['1e999', '-1e999', '1e-999', '9'.repeat(400), 'null', '"NaN"', '{"a":1}'];
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const query = (fields: Record<string, string>) => `?${new URLSearchParams(fields)}`;
const post = (body: string, type = 'application/json'): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': type },
  body,
});

/** Requests by path and what goes with it. */
const REQUESTS: readonly (readonly [path: string, init?: RequestInit])[] = [
  ...[
    '/../../etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/docs/..%2f..%2f..%2fpackage.json',
    '/docs/%2e%2e/%2e%2e/package.json',
  ].map((path) => [path] as const),
  ['/assets/..%5c..%5cpackage.json'],
  ['/docs/\u0000'],
  ['/%c0%ae%c0%ae/'],
  ['/api/metrics/%00'],
  ['/api/metrics/%ff%fe'],
  ['/errors/__proto__'],
  ['/errors/constructor'],
  ['/trpc/__proto__'],
  ['/trpc/constructor.prototype'],
  [`/trpc/${'hosts,'.repeat(500)}hosts?batch=1`],
  ['/trpc/latest?batch=1&input={"__proto__":{"json":{}}}'],
  ...SQL.flatMap((text) => [
    [`/api/metrics/${encodeURIComponent(text)}${query({ host: text })}`] as const,
    [`/api/metrics/kept${query({ match: `${text}=${text}`, start: '1h' })}`] as const,
    [`/api/metrics/kept${query({ start: text, aggregate: text, resolution: text })}`] as const,
  ]),
  ...POLLUTION.map((body) => ['/api/metrics', post(body)] as const),
  ...SUPERJSON.map((body) => ['/trpc/ingest', post(body)] as const),
  ...NUMBERS.map(
    (value) =>
      [
        '/api/metrics',
        post(`{"samples":[{"host":"x","metric_name":"x","value":${value},"labels":7}]}`),
      ] as const,
  ),
  [`/api/metrics/kept${query({ points: '1e308' })}`],
  [`/api/metrics/kept${query({ points: '-1' })}`],
  [`/api/metrics/kept${query({ start: '-999999999999999999' })}`],
  [`/api/metrics/kept${query({ start: '999999w', end: '8640000000000001' })}`],
  ['/api/metrics', post(nested(100_000))],
  ['/api/metrics', post(`{"samples":[{"host":"x","metric_name":"x","value":1,"labels":${nested(5_000)}}]}`)],
  ['/trpc/ingest', post(`{"json":${nested(5_000)}}`)],
  ['/v1/metrics', post('{"resourceMetrics":[{"__proto__":{"a":1}}]}')],
  ['/v1/metrics', post(nested(50_000))],
  ['/v1/metrics', post('\u0000\u0001\u0002', 'application/x-protobuf')],
  ['/api/v1/write', post('\u00ff\u00ff\u00ff\u00ff\u00ff\u000f', 'application/x-protobuf')],
  ['/write', post(`x,${'a=b,'.repeat(10_000)} v=`, 'text/plain')],
  ['/write?precision=__proto__', post('x v=nope', 'text/plain')],
  [
    '/api/metrics',
    {
      ...post('{"samples":[]}'),
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    },
  ],
];

describe('a hostile request', () => {
  test.each(REQUESTS.map(([path, init], i) => [i, path.slice(0, 60), path, init] as const))(
    '%i is refused or does nothing: %s',
    async (_i, _name, path, init) => {
      const { status } = await app.rest(path, init).then(async (response) => {
        await response.arrayBuffer();
        return response;
      });
      expect([status, status < 500]).toEqual([status, true]);
    },
  );

  test('that is no HTTP, or two requests in one, is refused', async () => {
    const requests = [
      'POST /api/metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'POST /api/metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      'POST /api/metrics HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
      'GET /api/hosts HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      'GET /api/hosts HTTP/1.1\r\nHost: localhost\r\nX: a\u0000b\r\n\r\n',
      'GET http://evil.example/api/hosts HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      'GET /api/hosts HTTP/9.9\r\nHost: localhost\r\n\r\n',
      `GET /api/hosts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${'x'.repeat(15_000)}\r\nConnection: close\r\n\r\n`,
      '\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n',
    ];
    for (const request of requests) {
      const { status } = await sendRaw(app.url, request);
      expect([request, status < 500]).toEqual([request, true]);
    }
  });

  test('that comes too large is refused before it is read', async () => {
    const head = 'POST /api/metrics HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    expect((await sendRaw(app.url, `${head}Content-Length: 99999999999\r\n\r\n`)).status).toBe(413);
  });

  test('by WebSocket ends that connection alone', async () => {
    for (const message of [
      nested(10_000),
      '{"id":1,"method":"query","params":{"path":"__proto__"}}',
      '\u0000',
      '[]',
    ]) {
      const socket = new WebSocket(`${app.url.replace('http', 'ws')}/trpc`);
      socket.on('error', () => {});
      await once(socket, 'open');
      socket.send(message);
      socket.send(Buffer.alloc(2 * 1024 * 1024));
      await once(socket, 'close');
    }
  });

  // The whole of the headers has to come within 15 s.
  test('that comes a byte at a time is cut off', { timeout: 60_000 }, async () => {
    const { hostname, port } = new URL(app.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.write('GET /api/hosts HTTP/1.1\r\nHost: localhost\r\n');
    const dripping = setInterval(() => socket.write('X: y\r\n'), 500);
    await once(socket, 'close');
    clearInterval(dripping);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('has changed nothing, whichever it was', async () => {
    expect(await everything()).toEqual(before);
  });
});
