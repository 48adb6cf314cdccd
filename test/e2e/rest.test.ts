import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Problem } from '../../src/contract/problem.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { sendRaw } from '../support/raw-http.ts';

const DASHBOARD = 'https://dashboard.example';
const HOUR_MS = 3_600_000;
/** An hour that ended ten days ago: samples of it may still come late. */
const END_MS = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 240 * HOUR_MS;
const RANGE = `start=${END_MS - HOUR_MS}&end=${END_MS}`;

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ ALLOWED_ORIGINS: DASHBOARD });
  const samples = Array.from({ length: 360 }, (_, i) => ({
    time: END_MS - HOUR_MS + i * 10_000,
    host: 'a-1',
    metric_name: 'temperature',
    value: 20 + Math.sin(i),
  }));
  await app.client.ingest.mutate({ samples });
});
afterAll(() => app?.close());

/** Reads a response that has to be a problem. */
async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const problem = Problem.parse(await response.json());
  expect(problem.status).toBe(response.status);
  return problem;
}

const json = { 'content-type': 'application/json' };

describe('methods', () => {
  test('HEAD gives the headers of GET and no body', async () => {
    const path = `/api/metrics/temperature?${RANGE}`;
    const [get, head] = await Promise.all([app.rest(path), app.rest(path, { method: 'HEAD' })]);
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
    for (const name of ['content-type', 'etag', 'cache-control', 'vary']) {
      expect(head.headers.get(name), name).toBe(get.headers.get(name));
    }
  });

  test('OPTIONS says what a path takes', async () => {
    const response = await app.rest('/api/metrics', { method: 'OPTIONS' });
    expect(response.status).toBe(204);
    expect(response.headers.get('allow')).toBe('GET, HEAD, POST, OPTIONS');
    expect(await problemOf(await app.rest('/api/nothing', { method: 'OPTIONS' }))).toMatchObject({
      status: 404,
    });
  });

  test.each(['PUT', 'PATCH', 'DELETE', 'POST'])(
    '%s where a path does not take it is 405 with Allow',
    async (method) => {
      const init = { method, headers: { 'content-type': 'application/xml' }, body: '<a/>' };
      const response = await app.rest('/api/hosts', init);
      expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
      expect(await problemOf(response)).toMatchObject({ status: 405, type: '/errors/method-not-supported' });
    },
  );

  test('a path that is none of ours is 404, whatever the method and the body', async () => {
    for (const init of [
      {},
      { method: 'POST', headers: { 'content-type': 'application/xml' }, body: '<a/>' },
    ]) {
      const problem = await problemOf(await app.rest('/api/nothing?x=1', init));
      expect(problem).toMatchObject({
        status: 404,
        type: '/errors/not-found',
        instance: '/api/nothing',
        errors: [],
      });
    }
  });
});

describe('negotiation', () => {
  test('who takes no JSON gets 406', async () => {
    for (const accept of ['text/html', 'application/json;q=0', 'image/*']) {
      expect(await problemOf(await app.rest('/api/hosts', { headers: { accept } }))).toMatchObject({
        status: 406,
      });
    }
    for (const accept of ['*/*', 'application/*', 'text/html, application/json;q=0.1']) {
      expect((await app.rest('/api/hosts', { headers: { accept } })).status, accept).toBe(200);
    }
  });

  test('a body that is not JSON by its type is 415, and one that is too large 413', async () => {
    for (const type of ['text/plain', 'application/xml', 'multipart/form-data', 'nonsense']) {
      const init = { method: 'POST', headers: { 'content-type': type }, body: '{"samples":[]}' };
      expect(await problemOf(await app.rest('/api/metrics', init)), type).toMatchObject({ status: 415 });
    }
    const { status, headers, body } = await sendRaw(
      app.url,
      'POST /api/metrics HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n{',
    );
    expect(status).toBe(413);
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(body)).toMatchObject({ type: '/errors/payload-too-large' });
  });

  test('a gzipped body is read, one that claims to be is 400, and an unknown coding 415', async () => {
    const post = (coding: string, body: Uint8Array<ArrayBuffer> | string) =>
      app.rest('/api/metrics', { method: 'POST', headers: { ...json, 'content-encoding': coding }, body });
    expect(await (await post('gzip', new Uint8Array(gzipSync('{"samples":[]}')))).json()).toMatchObject({
      accepted: 0,
    });
    expect(await problemOf(await post('gzip', '{"samples":[]}'))).toMatchObject({ status: 400 });
    expect(await problemOf(await post('compress', '{"samples":[]}'))).toMatchObject({ status: 415 });
  });

  test('a gzipped body is measured by what it unpacks to', async () => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(40 * 1024 * 1024, ' ')));
    expect(bomb.length).toBeLessThan(100_000);
    const init = { method: 'POST', headers: { ...json, 'content-encoding': 'gzip' }, body: bomb };
    expect(await problemOf(await app.rest('/api/metrics', init))).toMatchObject({ status: 413 });
  });
});

describe('parameters', () => {
  test('unknown ones are refused by name, all at once', async () => {
    const names = ['pionts', 'metric_name', '__proto__', 'constructor'];
    const query = names.map((name) => `${name}=1`).join('&');
    const { status, errors } = await problemOf(await app.rest(`/api/metrics/temperature?${query}`));
    expect(status).toBe(400);
    expect(errors).toEqual(names.map((field) => ({ field, reason: 'is not a known field' })));
    for (const [path, method] of [
      ['/api/hosts', 'GET'],
      ['/api/metrics', 'POST'],
    ] as const) {
      const init = method === 'POST' ? { method, headers: json, body: '{"samples":[]}' } : { method };
      expect(await problemOf(await app.rest(`${path}?page=2`, init))).toMatchObject({
        errors: [{ field: 'page' }],
      });
    }
  });

  test('one that may be given once is refused where it is repeated', async () => {
    const response = await app.rest('/api/metrics/temperature?host=a-1&host=b-1');
    expect(await problemOf(response)).toMatchObject({ status: 400, errors: [{ field: 'host' }] });
  });

  test('percent-encoding is read in paths and queries, and refused where it is broken', async () => {
    const sample = { host: 'ä ö/+&=', metric_name: '%2F/ü?#', value: 1 };
    await app.client.ingest.mutate({ samples: [sample] });
    const path = `/api/metrics/${encodeURIComponent(sample.metric_name)}/latest`;
    expect(await app.json(`${path}?host=${encodeURIComponent(sample.host)}`)).toMatchObject(sample);
    for (const broken of ['/api/metrics/%zz', '/api/metrics/%E0%A4%A/latest']) {
      const response = await app.rest(broken);
      expect(response.headers.get('x-request-id')).toBeTruthy();
      expect(await problemOf(response)).toMatchObject({ status: 400, errors: [{ field: 'url' }] });
    }
  });
});

describe('what Node refuses to read', () => {
  test.each([
    [400, 'nonsense\r\n\r\n'],
    [400, 'GET /api/hosts HTTP/1.1\r\nHost: localhost\r\nbad header\r\n\r\n'],
    [400, 'GET /api/hosts HTTP/1.1\r\nConnection: close\r\n\r\n'],
    [400, 'POST /api/metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n'],
    [417, 'GET /api/hosts HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\nConnection: close\r\n\r\n'],
    [431, `GET /api/hosts HTTP/1.1\r\nHost: localhost\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`],
    [431, `GET /api/hosts?x=${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
    [414, `GET /api/metrics/${'x'.repeat(6000)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`],
    [
      404,
      'GET /nothing HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n',
    ],
  ])('is answered with problem %i', async (status, bytes) => {
    const response = await sendRaw(app.url, bytes);
    expect(response.status).toBe(status);
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    const body = response.body.replace(/^[0-9a-f]+\r\n|\r\n0\r\n\r\n$/g, '');
    expect(Problem.parse(JSON.parse(body)).status).toBe(status);
  });
});

describe('caching', () => {
  test('an answer that the client has is not sent again', async () => {
    for (const path of ['/api/hosts', '/openapi.json', `/api/metrics/temperature?${RANGE}`]) {
      const first = await app.rest(path);
      const tag = first.headers.get('etag')!;
      for (const known of [tag, tag.replace('W/', ''), `"other", ${tag}`, '*']) {
        const again = await app.rest(path, {
          headers: { 'if-none-match': known, 'cache-control': 'no-store' },
        });
        expect(again.status, known).toBe(304);
        expect(await again.text()).toBe('');
        expect(again.headers.get('etag')).toBe(tag);
      }
      const other = await app.rest(path, {
        headers: { 'if-none-match': '"other"', 'cache-control': 'no-store' },
      });
      expect(other.status).toBe(200);
    }
  });

  test('an ETag changes with the answer', async () => {
    const tagOf = async () => (await app.rest('/api/metrics')).headers.get('etag');
    const before = await tagOf();
    await app.client.ingest.mutate({ samples: [{ host: 'a', metric_name: 'new', value: 1 }] });
    expect(await tagOf()).not.toBe(before);
  });

  test('only a range that ended may be kept without asking', async () => {
    const cacheControl = async (query: string) =>
      (await app.rest(`/api/metrics/temperature?${query}`)).headers.get('cache-control');
    expect(await cacheControl(RANGE)).toBe('max-age=300');
    expect(await cacheControl('start=2020-01-01&end=2020-02-01')).toBe('max-age=86400');
    expect(await cacheControl('start=30d')).toBe('no-cache');
    expect(await cacheControl(`start=${END_MS}`)).toBe('no-cache');
    expect((await app.rest('/api/hosts')).headers.get('cache-control')).toBe('no-cache');
  });
});

describe('compression', () => {
  /** Without a client that unpacks by itself. */
  function get(
    path: string,
    acceptEncoding: string,
  ): Promise<{ coding: string | undefined; body: Buffer; vary: string }> {
    return new Promise((resolve, reject) => {
      const sent = request(
        new URL(path, app.url),
        { headers: { 'accept-encoding': acceptEncoding } },
        async (response) => {
          const body = Buffer.concat(await response.toArray());
          resolve({ coding: response.headers['content-encoding'], body, vary: response.headers.vary ?? '' });
        },
      );
      sent.once('error', reject).end();
    });
  }

  test('brotli and gzip give the same text above a kilobyte, and nothing below', async () => {
    const path = `/api/metrics/temperature?${RANGE}`;
    const plain = await get(path, 'identity');
    const brotli = await get(path, 'gzip, br');
    const gzip = await get(path, 'gzip');
    expect([plain.coding, brotli.coding, gzip.coding]).toEqual([undefined, 'br', 'gzip']);
    expect(brotliDecompressSync(brotli.body)).toEqual(plain.body);
    expect(gunzipSync(gzip.body)).toEqual(plain.body);
    expect(gzip.body.length).toBeLessThan(plain.body.length / 2);
    for (const { vary } of [plain, brotli, gzip]) expect(vary.toLowerCase()).toContain('accept-encoding');
    expect((await get('/api/hosts', 'br')).coding).toBeUndefined();
  });
});

describe('CORS', () => {
  const preflight = (path: string, origin: string) =>
    app.rest(path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });

  test.each(['/api/metrics', '/trpc/ingest'])('a page of an allowed origin may call %s', async (path) => {
    const response = await preflight(path, DASHBOARD);
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(DASHBOARD);
    expect(response.headers.get('access-control-allow-methods')).toContain('POST');
    expect(response.headers.get('access-control-allow-headers')).toBe('content-type');
  });

  test('a page of another origin may not', async () => {
    const responses = await Promise.all([
      preflight('/api/metrics', 'https://evil.example'),
      app.rest('/api/hosts', { headers: { origin: 'https://evil.example' } }),
      app.rest('/api/hosts'),
    ]);
    for (const { headers } of responses) expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  test('answers, problems too, may be read by an allowed origin, and caches keep them apart', async () => {
    for (const path of ['/api/hosts', '/api/nothing', '/api/hosts?x=1', '/trpc/hosts', '/trpc/nothing']) {
      const { headers } = await app.rest(path, { headers: { origin: DASHBOARD } });
      expect(headers.get('access-control-allow-origin'), path).toBe(DASHBOARD);
      expect(headers.get('access-control-expose-headers'), path).toContain('x-request-id');
      expect(headers.get('vary'), path).toContain('Origin');
    }
  });
});

describe('every answer', () => {
  test('carries an id, the one that the client gave where it is harmless', async () => {
    const idOf = async (given?: string) =>
      (await app.rest('/api/nothing', { headers: given ? { 'x-request-id': given } : {} })).headers.get(
        'x-request-id',
      );
    expect(await idOf('job-7:a.b')).toBe('job-7:a.b');
    const own = await idOf();
    expect(own).toMatch(/^[\w-]{36}$/);
    expect(await idOf()).not.toBe(own);
    for (const bad of ['a b', '{"x":1}', 'x'.repeat(200)]) expect(await idOf(bad)).toMatch(/^[\w-]{36}$/);
  });

  test('of series says where its time went', async () => {
    const timing = (await app.rest(`/api/metrics/temperature?${RANGE}`)).headers.get('server-timing');
    expect(timing).toMatch(
      /^plan;dur=[\d.]+, database;dur=[\d.]+, downsample;dur=[\d.]+, encode;dur=[\d.]+$/,
    );
  });
});

describe('an error', () => {
  test.each([
    ['/api/metrics/nonsense', 'series', { metric_name: 'nonsense' }],
    ['/api/metrics/temperature?points=1', 'series', { metric_name: 'temperature', points: 1 }],
    [
      '/api/metrics/temperature?start=1h&end=2h',
      'series',
      { metric_name: 'temperature', start: '1h', end: '2h' },
    ],
    ['/api/metrics/temperature/latest?host=%07', 'latest', { metric_name: 'temperature', host: '\u0007' }],
  ] as const)('of %s is the same over tRPC', async (path, procedure, input) => {
    const problem = await problemOf(await app.rest(path));
    const { error } = await app.json(
      `/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify({ json: input }))}`,
    );
    const { message, data } = error.json;
    expect(problem).toMatchObject({ detail: message, status: data.httpStatus, errors: data.errors });
    expect(problem.type).toBe(`/errors/${data.code.toLowerCase().replaceAll('_', '-')}`);
  });

  test('that the server finds before tRPC does reaches its clients by its code', async () => {
    const body = JSON.stringify({ json: { samples: ['x'.repeat(33 * 1024 * 1024)] } });
    const response = await app.rest('/trpc/ingest', { method: 'POST', headers: json, body });
    expect(response.status).toBe(413);
    expect(((await response.json()) as { error: { json: unknown } }).error.json).toMatchObject({
      data: { code: 'PAYLOAD_TOO_LARGE', httpStatus: 413 },
    });
  });
});

describe('/docs', () => {
  test('is served whole by this server, and may run nothing else', async () => {
    const page = await app.rest('/docs');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const html = await page.text();
    const links = Array.from(html.matchAll(/(?:src|href)="([^"]+)"/g), ([, link]) => link!);
    expect(links.length).toBeGreaterThan(2);
    for (const link of links) {
      expect(link).toMatch(/^\/docs\//);
      expect((await app.rest(link)).status, link).toBe(200);
    }
  });
});
