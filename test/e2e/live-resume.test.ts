import { createTRPCClient, httpSubscriptionLink } from '@trpc/client';
import { EventSource } from 'eventsource';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AppRouter, createMetricsClient, type MetricsClient, transformer } from '../../src/client.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { follow, freePort, range, until } from '../support/live.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

let app: TestApp;
let baseMs: number;

beforeAll(async () => {
  app = await startTestApp({ PORT: String(await freePort()) });
  baseMs = Date.now() - 600_000;
});
afterAll(() => app?.close());

function ingest(metric_name: string, values: readonly number[]): Promise<unknown> {
  const samples = values.map((value) => ({ metric_name, host: 'a', value, time: baseMs + value }));
  return app.client.ingest.mutate({ samples });
}

describe('a subscription', () => {
  test.each([
    ['WebSocket', (url: string) => createMetricsClient({ url })],
    ['SSE', overSse],
  ])(
    'over %s survives killed connections amid a burst: none lost, none doubled, none out of order',
    async (door, clientOf) => {
      const metric = `burst_${door}`;
      const proxy = await startTcpProxy(app.url);
      const stream = await follow(clientOf(proxy.url), { metric_name: metric });
      for (const round of range(0, 100)) {
        await ingest(metric, range(round * 100, round * 100 + 100));
        if (round === 30 || round === 60) proxy.cut();
      }
      await until(() => stream.events.length >= 10_000);
      stream.stop();
      proxy.close();
      expect(stream.values()).toEqual(range(0, 10_000));
      expect(stream.connects()).toBeGreaterThanOrEqual(2);
    },
  );

  test('survives a restart of the server: none lost, and what comes again is the same', async () => {
    const stream = await follow(createMetricsClient({ url: app.url }), { metric_name: 'restart' });
    await ingest('restart', range(0, 1000));
    await until(() => stream.events.length >= 500);
    app = await app.restart();
    await ingest('restart', range(1000, 2000));
    await until(() => stream.values().includes(1999));
    stream.stop();
    expect([...new Set(stream.values())].toSorted((a, b) => a - b)).toEqual(range(0, 2000));
    expect(stream.samples().every(({ time, value }) => time.getTime() === baseMs + value)).toBe(true);
  });

  test('is told to connect anew when the server stops, and the server waits for nobody', async () => {
    const stream = await follow(createMetricsClient({ url: app.url }), { metric_name: 'stopping' });
    const before = stream.connects();
    app = await app.restart();
    await until(() => stream.connects() > before);
    await until(async () => (await app.client.status.query()).live.subscriptions === 1);
    await ingest('stopping', [1]);
    await until(() => stream.events.length === 1);
    stream.stop();
    expect(stream.errors).toEqual([]);
  });
});

function overSse(url: string): MetricsClient {
  return createTRPCClient<AppRouter>({
    links: [httpSubscriptionLink({ url: `${url}/trpc`, transformer, EventSource })],
  });
}
