import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createMetricsClient } from '../../src/client.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { follow, range, until } from '../support/live.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const MB = 1024 * 1024;

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({}, undefined, {
    connections: { heartbeatMs: 300, maxConnections: 60, maxSubscriptions: 3 },
  });
});
afterAll(() => app?.close());

async function counters() {
  return (await app.client.status.query()).live;
}

function open(path = '/ws/metrics/cpu'): Promise<WebSocket> {
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}${path}`);
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(socket));
    socket.on('error', reject);
  });
}

describe('the live doors', () => {
  test('end a connection that answers no ping, and keep one that does', async () => {
    const healthy = await open();
    const { hostname, port } = new URL(app.url);
    const dead = connect(Number(port), hostname);
    dead.write(
      `GET /ws/metrics/cpu HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    dead.resume();
    await new Promise((resolve) => dead.on('close', resolve));
    expect(healthy.readyState).toBe(WebSocket.OPEN);
    healthy.close();
  });

  test('take no more than so many connections, and say so by 503', async () => {
    await until(async () => (await counters()).connections === 0);
    const sockets = await Promise.all(range(0, 60).map(() => open()));
    await expect(open()).rejects.toThrow('503');
    const sse = await app.rest('/api/metrics/cpu/live');
    expect([sse.status, sse.headers.get('retry-after')]).toEqual([503, '1']);
    for (const socket of sockets) socket.terminate();
    await until(async () => (await counters()).connections === 0);
    (await open()).close();
  });

  test('take no more than so many subscriptions on one connection', async () => {
    const client = createMetricsClient({ url: app.url });
    const streams = await Promise.all(range(0, 3).map(() => follow(client, { metric_name: 'cpu' })));
    const refused = await new Promise((resolve) => {
      client.live.subscribe({ metric_name: 'cpu' }, { onError: resolve });
    });
    expect(refused).toMatchObject({ data: { code: 'TOO_MANY_REQUESTS' } });
    for (const stream of streams) stream.stop();
    await until(async () => (await counters()).subscriptions === 0);
  });

  test('close a raw connection that sends more than nothing', async () => {
    const socket = await open();
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.send('x'.repeat(2000));
    expect(await closed).toBe(1009);
  });

  test('leak nothing over 10 000 connects and disconnects', { timeout: 120_000 }, async () => {
    const connectAll = async (connects: number) => {
      for (const round of range(0, connects / 50)) {
        const sockets = await Promise.all(range(0, 50).map((i) => open(`/ws/metrics/m${(round + i) % 7}`)));
        for (const socket of sockets) socket.terminate();
        await until(async () => (await counters()).connections === 0);
      }
      await until(async () => (await counters()).subscriptions === 0);
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = await connectAll(1000);
    const after = await connectAll(10_000);
    expect(after - before).toBeLessThan(3 * MB);
  });
});
