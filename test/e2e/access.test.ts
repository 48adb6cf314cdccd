import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createKey, type NewKeyFlags, revokeKey } from '../../src/cli/key.ts';
import { createMetricsClient } from '../../src/client.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { DOORS, type Door } from '../support/doors.ts';

const NOW_MS = Date.now();
const directory = mkdtempSync(join(tmpdir(), 'hyperdash-keys-'));
const path = join(directory, 'keys.json');
const make = (name: string, flags: NewKeyFlags, nowMs = NOW_MS) => createKey(path, name, flags, nowMs);

/** Every state that a key may be in, and what it is good for there. */
const KEYS: Record<string, { readonly key: string | undefined; readonly scopes: readonly string[] }> = {
  none: { key: undefined, scopes: [] },
  unknown: { key: `hd_${'x'.repeat(43)}`, scopes: [] },
  expired: {
    key: make('expired', { scope: ['admin'], expires: '1h' }, NOW_MS - 2 * 3_600_000),
    scopes: [],
  },
  revoked: { key: make('revoked', { scope: ['admin'] }), scopes: [] },
  read: { key: make('read', { scope: ['read'] }), scopes: ['read'] },
  write: { key: make('write', { scope: ['write'] }), scopes: ['write'] },
  both: { key: make('both', { scope: ['read', 'write'], expires: '1h' }), scopes: ['read', 'write'] },
  admin: { key: make('admin', { scope: ['admin'] }), scopes: ['read', 'write', 'admin'] },
};
const bounded = make('bounded', {
  scope: ['read', 'write'],
  hostPrefix: 'web-',
  metricPrefix: 'cpu_',
});
revokeKey(path, 'revoked');

let app: TestApp;
beforeAll(async () => {
  const connections = { heartbeatMs: 300, authenticateMs: 300 };
  app = await startTestApp({ API_KEYS_FILE: path }, undefined, { connections });
  const samples = ['web-1', 'db-1'].flatMap((host) =>
    ['cpu_usage', 'memory_usage'].map((metric_name) => ({ host, metric_name, value: 1 })),
  );
  await postAs(KEYS.admin!.key, [...samples, { host: 'door', metric_name: 'doors', value: 1 }]);
});
afterAll(async () => {
  await app?.close();
  rmSync(directory, { recursive: true });
});

const bearer = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` };
const postAs = (key: string | undefined, samples: readonly object[]) =>
  app.json('/api/metrics', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearer(key) },
    body: JSON.stringify({ samples }),
  });

function expected({ scope }: Door, scopes: readonly string[]): string {
  if (scope === 'public' || scopes.includes(scope)) return 'let in';
  return scopes.length === 0 ? '401' : '403';
}

describe.each(DOORS)('$name', (door) => {
  test.each(Object.entries(KEYS))('lets in as it should: %s', async (_state, { key, scopes }) => {
    expect(await door.open(app, bearer(key))).toBe(expected(door, scopes));
  });
});

describe('a key', () => {
  const basic = (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });

  test('may come in every form that clients have', async () => {
    const key = KEYS.read!.key!;
    for (const headers of [{ authorization: `Token ${key}` }, basic('any', key), basic(key, '')]) {
      expect((await app.rest('/api/hosts', { headers })).status).toBe(200);
    }
  });

  test('is told to be missing by a challenge that has no browser ask for a password', async () => {
    const { status, headers } = await app.rest('/api/hosts');
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });

  test('in a URL is taken for streams alone', async () => {
    expect((await app.rest(`/api/hosts?api_key=${KEYS.read!.key}`)).status).toBe(401);
  });

  test('sent by a browser on behalf of another site is refused', async () => {
    const origin = { origin: 'http://evil.example' };
    expect(
      (await app.rest('/api/hosts', { headers: { ...basic('', KEYS.read!.key!), ...origin } })).status,
    ).toBe(403);
  });
});

describe('a stream', () => {
  const SOON = { timeout: 10_000 };
  const connect = (path: string, key?: string) =>
    new WebSocket(new URL(path, app.url.replace('http', 'ws')), { headers: bearer(key) });

  test('may have its key in its URL, as browsers need it to', async () => {
    for (const path of ['/ws/metrics/doors', '/trpc']) {
      const socket = connect(`${path}?api_key=${KEYS.read!.key}`);
      await once(socket, 'open');
      socket.terminate();
    }
    const accept = { accept: 'text/event-stream' };
    const stream = await app.rest(`/api/metrics/doors/live?api_key=${KEYS.read!.key}`, { headers: accept });
    expect(stream.status).toBe(200);
    await stream.body!.cancel();
  });

  test('refuses a page of another site, key or not', async () => {
    const headers = { ...bearer(KEYS.read!.key), origin: 'http://evil.example' };
    const socket = new WebSocket(new URL('/ws/metrics/doors', app.url.replace('http', 'ws')), { headers });
    const [, { statusCode }] = await once(socket, 'unexpected-response');
    expect(statusCode).toBe(403);
  });

  test('ends once its key is revoked', async () => {
    const key = make('shortly', { scope: ['read'] });
    await expect
      .poll(() => app.rest('/api/hosts', { headers: bearer(key) }).then(({ status }) => status), SOON)
      .toBe(200);
    const sockets = [connect('/ws/metrics/doors', key), connect('/trpc', key)];
    const closed = sockets.map((socket) => once(socket, 'close'));
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    revokeKey(path, 'shortly');
    for (const [code] of await Promise.all(closed)) expect(code).toBe(1008);
  });

  test('ends when its client never says its key', async () => {
    const socket = connect('/trpc?connectionParams=1');
    expect(await once(socket, 'close')).toEqual([1008, expect.anything()]);
  });

  test('of a key for some hosts and metrics is for these alone', async () => {
    for (const [path, status] of [
      ['cpu_usage?host=web-1', undefined],
      ['cpu_usage', 403],
      ['cpu_usage?host=db-1', 403],
      ['memory_usage?host=web-1', 403],
    ] as const) {
      const socket = connect(`/ws/metrics/${path}`, bounded);
      const refused = once(socket, 'unexpected-response').then(([, { statusCode }]) => statusCode);
      expect(await Promise.race([refused, once(socket, 'open').then(() => undefined)])).toBe(status);
      socket.terminate();
    }
  });

  test('of the client of the package says its key by itself', async () => {
    const client = createMetricsClient({ url: app.url, apiKey: KEYS.read!.key! });
    const { promise: started, resolve, reject } = Promise.withResolvers<void>();
    const subscription = client.live.subscribe(
      { metric_name: 'doors' },
      { onStarted: () => resolve(), onError: reject },
    );
    await started;
    subscription.unsubscribe();
  });
});

describe('a key for some hosts and metrics', () => {
  const get = async (path: string) => (await app.rest(path, { headers: bearer(bounded) })).status;

  test('reads these alone, and must name them', async () => {
    for (const kind of ['', '/latest']) {
      expect(await get(`/api/metrics/cpu_usage${kind}?host=web-1`)).toBe(200);
      expect(await get(`/api/metrics/cpu_usage${kind}?host=db-1`)).toBe(403);
      expect(await get(`/api/metrics/cpu_usage${kind}`)).toBe(403);
      expect(await get(`/api/metrics/memory_usage${kind}?host=web-1`)).toBe(403);
    }
  });

  test('sees these alone in lists', async () => {
    const { hosts } = await app.json('/api/hosts', { headers: bearer(bounded) });
    expect(hosts.map(({ host }: { host: string }) => host)).toEqual(['web-1']);
    const { metrics } = await app.json('/api/metrics', { headers: bearer(bounded) });
    expect(metrics.map(({ metric_name }: { metric_name: string }) => metric_name)).toEqual(['cpu_usage']);
  });

  test('writes these alone; the rest of a batch is refused by index', async () => {
    const answer = await postAs(bounded, [
      { host: 'web-2', metric_name: 'cpu_usage', value: 1 },
      { host: 'db-2', metric_name: 'cpu_usage', value: 1 },
      { host: 'web-2', metric_name: 'disk_usage', value: 1 },
    ]);
    expect(answer).toMatchObject({
      accepted: 1,
      rejected: [
        { index: 1, reason: expect.stringMatching(/^host: /) },
        { index: 2, reason: expect.stringMatching(/^metric_name: /) },
      ],
    });
    const { hosts } = await app.json('/api/hosts', { headers: bearer(KEYS.admin!.key) });
    const names = hosts.map(({ host }: { host: string }) => host);
    expect(names).toContain('web-2');
    expect(names).not.toContain('db-2');
  });
});

describe('without keys, on this machine alone', () => {
  let open: TestApp;
  beforeAll(async () => {
    open = await startTestApp();
    await open.client.ingest.mutate({ samples: [{ host: 'door', metric_name: 'doors', value: 1 }] });
  });
  afterAll(() => open?.close());

  test.each(DOORS.filter(({ scope }) => scope !== 'public'))('$name is open', async (door) => {
    expect(await door.open(open, {})).toBe('let in');
  });

  test.each(DOORS)('$name refuses a page of another site', async (door) => {
    expect(await door.open(open, { origin: 'http://evil.example' })).toBe('403');
  });

  test.each(DOORS)('$name refuses a foreign name for this machine', async (door) => {
    expect(await door.open(open, { host: 'evil.example' })).toBe('403');
  });
});
