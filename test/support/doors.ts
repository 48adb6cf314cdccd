import { request } from 'node:http';
import { WebSocket } from 'ws';
import type { TestApp } from './app.ts';

/** A way into the program, for a matrix of who may use it. */
export interface Door {
  readonly name: string;
  /** What a key must be good for; `public` needs none. */
  readonly scope: 'public' | 'read' | 'write' | 'admin';
  /** Knocks: `let in`, or the status that refuses. */
  open(app: TestApp, headers: Readonly<Record<string, string>>): Promise<string>;
}

const REFUSALS = new Set([401, 403]);
const LINE = 'doors,host=door value=1';
const OTLP = JSON.stringify({ resourceMetrics: [] });
const SAMPLE = { host: 'door', metric_name: 'doors', value: 1 };
/** An empty message, in snappy's block format. */
const EMPTY_SNAPPY = Buffer.of(0);

const LIVE_OVER_SSE = `/trpc/live?input=${encodeURIComponent('{"json":{"metric_name":"doors"}}')}`;
const LATEST = {
  id: 1,
  method: 'query',
  params: { path: 'latest', input: { json: { metric_name: 'doors' } } },
};
const INGEST = {
  id: 1,
  method: 'mutation',
  params: { path: 'ingest', input: { json: { samples: [SAMPLE] } } },
};

/** Every door. */
export const DOORS: readonly Door[] = [
  get('/', 'public'),
  get('/healthz', 'public'),
  get('/readyz', 'public'),
  get('/docs', 'public'),
  get('/openapi.json', 'public'),
  get('/errors/not-found', 'public'),
  get('/api/hosts', 'read'),
  get('/api/metrics', 'read'),
  get('/api/metrics/doors', 'read'),
  get('/api/metrics/doors/latest', 'read'),
  get('/api/status', 'read'),
  get('/metrics', 'admin'),
  get('/api/metrics/doors/matrix', 'read'),
  get('/trpc/hosts', 'read'),
  get('/trpc/hosts,metrics?batch=1', 'read'),
  get(`/trpc/latest?input=${encodeURIComponent('{"json":{"metric_name":"doors"}}')}`, 'read'),
  post('/api/metrics', 'application/json', JSON.stringify({ samples: [SAMPLE] })),
  post('/api/metrics', 'application/x-ndjson', JSON.stringify(SAMPLE)),
  post('/trpc/ingest', 'application/json', JSON.stringify({ json: { samples: [SAMPLE] } })),
  post('/write', 'text/plain', LINE),
  post('/api/v2/write', 'text/plain', LINE),
  post('/v1/metrics', 'application/json', OTLP),
  post('/api/v1/write', 'application/x-protobuf', EMPTY_SNAPPY),
  {
    name: 'GET /api/metrics/{metric_name}/live',
    scope: 'read',
    open: ({ url }, headers) =>
      knock(url, 'GET', '/api/metrics/doors/live', { ...headers, accept: 'text/event-stream' }),
  },
  {
    name: 'GET /trpc/live of event streams',
    scope: 'read',
    open: ({ url }, headers) => firstEvent(url, LIVE_OVER_SSE, headers),
  },
  { name: 'WebSocket /ws/metrics/{metric_name}', scope: 'read', open: connectRaw },
  {
    name: 'WebSocket /trpc, the key in a header, for a query',
    scope: 'read',
    open: ({ url }, headers) => callOver(url, headers, LATEST),
  },
  {
    name: 'WebSocket /trpc, the key in a header, for a mutation',
    scope: 'write',
    open: ({ url }, headers) => callOver(url, headers, INGEST),
  },
  {
    name: 'WebSocket /trpc, the key in connectionParams',
    scope: 'read',
    open: ({ url }, { authorization, ...headers }) => callOver(url, headers, LATEST, { authorization }),
  },
];

function get(path: string, scope: Door['scope']): Door {
  return { name: `GET ${path}`, scope, open: ({ url }, headers) => knock(url, 'GET', path, headers) };
}

function post(path: string, type: string, body: string | Buffer): Door {
  return {
    name: `POST ${path} of ${type}`,
    scope: 'write',
    open: ({ url }, headers) => knock(url, 'POST', path, { ...headers, 'content-type': type }, body),
  };
}

/** By node:http, since fetch sets no Host. */
function knock(
  url: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string | Buffer,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, url), { method, headers }, (response) => {
      // A stream would never end by itself.
      response.destroy();
      const { statusCode = 0 } = response;
      if (REFUSALS.has(statusCode)) resolve(String(statusCode));
      else if (statusCode < 500 && statusCode !== 404) resolve('let in');
      else if (statusCode === 404 && path.includes('doors')) resolve('let in');
      else reject(new Error(`${method} ${path} answers ${statusCode}`));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function connectRaw({ url }: TestApp, headers: Readonly<Record<string, string>>): Promise<string> {
  return connected(url, '/ws/metrics/doors', headers, (socket, resolve) => {
    socket.on('open', () => resolve('let in'));
  });
}

/** Makes one call over tRPC's WebSocket. */
function callOver(
  url: string,
  headers: Readonly<Record<string, string>>,
  call: object,
  params?: { readonly authorization: string | undefined },
): Promise<string> {
  return connected(url, params ? '/trpc?connectionParams=1' : '/trpc', headers, (socket, resolve) => {
    socket.on('open', () => {
      if (params) socket.send(JSON.stringify({ method: 'connectionParams', data: params }));
      socket.send(JSON.stringify(call));
    });
    socket.on('message', (message) => {
      const { error } = JSON.parse(String(message));
      const status = error?.json.data.httpStatus;
      resolve(REFUSALS.has(status) ? String(status) : 'let in');
    });
  });
}

function connected(
  url: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  use: (socket: WebSocket, resolve: (outcome: string) => void) => void,
): Promise<string> {
  const socket = new WebSocket(new URL(path, url.replace('http', 'ws')), { headers });
  return new Promise<string>((resolve, reject) => {
    socket.on('unexpected-response', (_request, { statusCode }) => resolve(String(statusCode)));
    socket.on('error', reject);
    use(socket, resolve);
  }).finally(() => socket.terminate());
}

/** tRPC accepts every subscription, and says in an event what is wrong; the newest sample comes first. */
function firstEvent(url: string, path: string, headers: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    const accept = 'text/event-stream';
    const sent = request(new URL(path, url), { headers: { ...headers, accept } }, (response) => {
      if (response.statusCode !== 200) {
        response.destroy();
        resolve(String(response.statusCode));
        return;
      }
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
        const status = /"httpStatus":(\d+)/.exec(text)?.[1];
        if (status === undefined && !text.includes('"metric_name":"doors"')) return;
        response.destroy();
        resolve(status ?? 'let in');
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}
