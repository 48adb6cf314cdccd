import { Agent, request } from 'node:http';
import fc from 'fast-check';
import createClient from 'openapi-fetch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { restRoutes } from '../../src/server/rest-routes.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import type { paths } from '../support/openapi.d.ts';
import { answerChecker, type CheckAnswer, type OpenApi } from '../support/openapi-answers.ts';

const HOUR_MS = 3_600_000;
const END_MS = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
const RANGE = { start: END_MS - HOUR_MS, end: END_MS };

let app: TestApp;
let document: OpenApi;
let check: CheckAnswer;

beforeAll(async () => {
  app = await startTestApp({ ALLOWED_ORIGINS: 'https://a.example' });
  document = await app.json('/openapi.json');
  check = answerChecker(document);
  const samples = ['a-1', 'b-1'].flatMap((host, offset) =>
    Array.from({ length: 120 }, (_, i) => ({
      time: END_MS - HOUR_MS + i * 30_000,
      host,
      metric_name: 'cpu_usage',
      value: i / 7 + offset,
      labels: { mode: 'user' },
    })),
  );
  await app.client.ingest.mutate({ samples });
});
afterAll(() => app?.close());

const MOVING = new Set(['uptime_seconds', 'refresh_lag_seconds', 'took_ms']);

/** What a test compares: an answer as JSON has it, without what another moment changes. */
function plain(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer, (name, value) => (MOVING.has(name) ? undefined : value)));
}

describe('every procedure answers the same over tRPC, REST and a client made from the document', () => {
  const generated = () => createClient<paths>({ baseUrl: app.url });
  const sample = { time: END_MS - 1, host: 'c-1', metric_name: 'twice', value: 1 };
  const series = {
    ...RANGE,
    match: ['mode=user'],
    points: 50,
    aggregate: 'max' as const,
    resolution: 'raw' as const,
  };
  const latest = { host: 'b-1', match: ['mode=user', 'other='] };
  const body = { samples: [sample, { ...sample, value: 'x' }] };

  /** By procedure: asks over tRPC, over REST, and through the generated client. */
  const doors: Record<string, () => Promise<unknown>[]> = {
    series: () => [
      app.client.series.query({ metric_name: 'cpu_usage', ...series }),
      app.json(
        `/api/metrics/cpu_usage?start=${series.start}&end=${series.end}&match=mode=user&points=50&aggregate=max&resolution=raw`,
      ),
      generated()
        .GET('/api/metrics/{metric_name}', { params: { path: { metric_name: 'cpu_usage' }, query: series } })
        .then(({ data }) => data),
    ],
    matrix: () => [
      app.client.matrix.query({ metric_name: 'cpu_usage', ...series, host: ['b-1'], group_by: 'host' }),
      app.json(
        `/api/metrics/cpu_usage/matrix?start=${series.start}&end=${series.end}&match=mode=user&points=50&aggregate=max&resolution=raw&host=b-1&group_by=host`,
      ),
      generated()
        .GET('/api/metrics/{metric_name}/matrix', {
          params: {
            path: { metric_name: 'cpu_usage' },
            query: { ...series, host: ['b-1'], group_by: 'host' },
          },
        })
        .then(({ data }) => data),
    ],
    latest: () => [
      app.client.latest.query({ metric_name: 'cpu_usage', ...latest }),
      app.json('/api/metrics/cpu_usage/latest?host=b-1&match=mode=user&match=other='),
      generated()
        .GET('/api/metrics/{metric_name}/latest', {
          params: { path: { metric_name: 'cpu_usage' }, query: latest },
        })
        .then(({ data }) => data),
    ],
    hosts: () => [
      app.client.hosts.query(),
      app.json('/api/hosts'),
      generated()
        .GET('/api/hosts')
        .then(({ data }) => data),
    ],
    metrics: () => [
      app.client.metrics.query(),
      app.json('/api/metrics'),
      generated()
        .GET('/api/metrics')
        .then(({ data }) => data),
    ],
    status: () => [
      app.client.status.query(),
      app.json('/api/status'),
      generated()
        .GET('/api/status')
        .then(({ data }) => data),
    ],
    ingest: () => [
      app.client.ingest.mutate(body as never),
      app.json('/api/metrics', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
      generated()
        .POST('/api/metrics', { body: body as never })
        .then(({ data }) => data),
    ],
  };

  const procedures = restRoutes().filter(({ kind }) => kind !== 'subscription');

  test.each(procedures.map(({ name }) => name))('%s', async (name) => {
    if (name === 'ingest') await app.client.ingest.mutate({ samples: [sample] });
    const [trpc, rest, client] = (await Promise.all(doors[name]!())).map(plain);
    expect(trpc).toBeTruthy();
    expect(rest).toEqual(withTexts(trpc, rest));
    expect(client).toEqual(rest);
  });
});

/** REST reads `start` and `end` from a URL, so it gives them back as text; whatever else is the same. */
function withTexts(trpc: unknown, rest: unknown): unknown {
  const { start, end } = trpc as { start?: unknown; end?: unknown };
  if (start === undefined) return trpc;
  expect(rest).toMatchObject({ start: String(start), end: String(end) });
  return { ...(trpc as object), start: String(start), end: String(end) };
}

describe('any request', () => {
  interface Sent {
    readonly method: string;
    /** As the document has it. */
    readonly template: string | undefined;
    readonly path: string;
    readonly headers: Record<string, string>;
    readonly body: string | undefined;
  }

  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  afterAll(() => agent.destroy());

  function send({
    method,
    path,
    headers,
    body,
  }: Sent): Promise<{ status: number; contentType: string; body: string }> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(app.url);
      const sent = request({ hostname, port, method, path, headers, agent }, async (response) => {
        const text = Buffer.concat(await response.toArray()).toString();
        const { statusCode: status = 0, headers: received } = response;
        resolve({ status, contentType: received['content-type'] ?? '', body: text });
      });
      sent.once('error', reject).end(body);
    });
  }

  const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 12 }));
  const name = fc.oneof(fc.constantFrom('cpu_usage', 'twice', 'a/b', '..', 'x'.repeat(201)), text);
  const value = fc.oneof(
    fc.constantFrom(
      '',
      '1h',
      '7d',
      '2w',
      '800',
      '1',
      '2',
      '10000',
      '1e3',
      '-5',
      '0x10',
      'true',
      'raw',
      'daily',
      'fit',
    ),
    fc.constantFrom(
      'avg',
      'count',
      'last',
      'a-1',
      'mode=user',
      '=',
      'mode=',
      '2026-01-01',
      '9999-12-31T23:59:59Z',
    ),
    fc.integer().map(String),
    fc.double().map(String),
    text,
  );
  const field = fc.oneof(
    fc.constantFrom('start', 'end', 'host', 'match', 'points', 'aggregate', 'resolution'),
    fc.constantFrom('metric_name', 'pionts', '__proto__', 'constructor', ''),
    text,
  );
  const encoded = (part: string) => encodeURIComponent(part.toWellFormed());
  const query = fc
    .array(fc.tuple(field, value), { maxLength: 4 })
    .map((pairs) => pairs.map(([key, given]) => `${encoded(key)}=${encoded(given)}`).join('&'));
  const template = fc.constantFrom(
    ...restRoutes().flatMap(({ kind, rest }) => (kind === 'subscription' ? [] : [rest.path])),
  );
  const target = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.tuple(template, name).map(([path, metric]) => ({
        template: path as string | undefined,
        path: path.replaceAll(/\{\w+\}/g, encoded(metric)),
      })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom('/', '/api/', '/errors/', '/docs/'), fc.stringMatching(/^[!-~]{0,20}$/))
        .map(([prefix, rest]) => ({ template: undefined, path: `${prefix}${rest}` })),
    },
  );
  const sample = fc.record(
    {
      host: fc.oneof(fc.constant('f-1'), text, fc.jsonValue()),
      metric_name: fc.oneof(fc.constant('fuzz'), text),
      value: fc.oneof(fc.double(), fc.jsonValue()),
      time: fc.oneof(fc.integer({ min: END_MS - HOUR_MS, max: END_MS }), fc.double(), text),
      labels: fc.oneof(fc.dictionary(text, text), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  const body = fc.option(
    fc.oneof(
      fc.record({ samples: fc.array(sample, { maxLength: 4 }) }).map((samples) => JSON.stringify(samples)),
      fc.json(),
      text,
    ),
    { nil: undefined },
  );
  const headers = fc
    .record(
      {
        accept: fc.constantFrom('*/*', 'application/json', 'text/html', 'application/json;q=0', ';;,'),
        'content-type': fc.constantFrom(
          'application/json',
          'application/json; charset=utf-8',
          'text/plain',
          'a/b',
          ';',
        ),
        'if-none-match': fc.constantFrom('*', '*', '*', '"x"', 'W/"x"', '"'),
        'x-request-id': fc.constantFrom('id-1', '', 'a b'),
        origin: fc.constantFrom('https://a.example', 'http://localhost'),
      },
      { requiredKeys: [] },
    )
    .map((given) => ({ 'content-type': 'application/json', ...given }));
  const sent: fc.Arbitrary<Sent> = fc
    .record({
      method: fc.oneof(
        { weight: 6, arbitrary: fc.constant('GET') },
        { weight: 4, arbitrary: fc.constant('POST') },
        { weight: 1, arbitrary: fc.constantFrom('HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'PROPFIND') },
      ),
      target,
      query,
      headers,
      body,
    })
    .map(({ method, target: { template, path }, query, headers, body }) => ({
      method,
      template,
      path: query === '' ? path : `${path}?${query}`,
      headers,
      body: method === 'GET' || method === 'HEAD' ? undefined : body,
    }));

  test('is answered as the document says, and never by a fault of the server', {
    timeout: 180_000,
  }, async () => {
    const statuses = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(sent, { minLength: 20, maxLength: 20 }), async (requests) => {
        const answers = await Promise.all(requests.map(send));
        for (const [i, { status, contentType, body: answer }] of answers.entries()) {
          const { method, template: path } = requests[i]!;
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          expect(status, answer).toBeLessThan(500);
          if (status === 404 && path !== undefined && !contentType.startsWith('application/problem'))
            throw answer;
          const isOurs = path !== undefined || status >= 400;
          if (isOurs) expect(check({ path, method, status, contentType, body: answer })).toBeUndefined();
        }
      }),
      { numRuns: 150, seed: 6 },
    );
    // Otherwise the requests would have tried too little.
    for (const status of [200, 204, 304, 400, 404, 405, 406, 415]) {
      expect(statuses.get(status) ?? 0, `answers with ${status}`).toBeGreaterThan(5);
    }
  });
});
