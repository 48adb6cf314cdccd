import type { IncomingMessage } from 'node:http';
import { createTRPCClient, httpSubscriptionLink } from '@trpc/client';
import { EventSource } from 'eventsource';
import type { SuperJSONResult } from 'superjson';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type AppRouter, type LiveSample, type MetricsClient, transformer } from '../../src/client.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { follow, range, until } from '../support/live.ts';

let app: TestApp;
let baseMs: number;

beforeAll(async () => {
  app = await startTestApp();
  baseMs = Date.now() - 600_000;
});
afterAll(() => app?.close());

/** Stores one sample a value, a millisecond apart, in one batch. */
function ingest(metric_name: string, values: readonly number[], host = 'a', labels = {}): Promise<unknown> {
  const samples = values.map((value) => ({ metric_name, host, labels, value, time: baseMs + value }));
  return app.client.ingest.mutate({ samples });
}

function overSse(): MetricsClient {
  return createTRPCClient<AppRouter>({
    links: [httpSubscriptionLink({ url: `${app.url}/trpc`, transformer, EventSource })],
  });
}

function openRaw(path: string): { socket: WebSocket; messages: Record<string, unknown>[] } {
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}${path}`);
  const messages: Record<string, unknown>[] = [];
  socket.on('message', (text) => messages.push(JSON.parse(String(text))));
  return { socket, messages };
}

describe('a live subscription', () => {
  test.each([
    ['WebSocket', () => app.client],
    ['SSE', overSse],
  ])(
    'over tRPC and %s begins with the newest sample and goes on with what is committed, in order',
    async (door, clientOf) => {
      const metric = `order_${door}`;
      await ingest(metric, [1, 2, 3]);
      const stream = await follow(clientOf(), { metric_name: metric });
      await until(() => stream.events.length === 1);
      for (const from of range(0, 10)) await ingest(metric, range(from * 100 + 10, from * 100 + 110));
      await until(() => stream.events.length >= 1001);
      stream.stop();
      expect(stream.values()).toEqual([3, ...range(10, 1010)]);
      expect(new Set(stream.events.map(({ id }) => id)).size).toBe(1001);
      expect(stream.samples()[1]).toEqual({
        metric_name: metric,
        host: 'a',
        labels: {},
        time: new Date(baseMs + 10),
        value: 10,
      });
    },
  );

  test('gets only what matches its metric, host and labels', async () => {
    const all = await follow(app.client, { metric_name: 'filter' });
    const host = await follow(app.client, { metric_name: 'filter', host: 'b' });
    const label = await follow(app.client, { metric_name: 'filter', match: ['disk=sda'] });
    const unlabelled = await follow(app.client, { metric_name: 'filter', match: ['disk='] });
    await ingest('other', [1]);
    await ingest('filter', [1], 'a', { disk: 'sda' });
    await ingest('filter', [2], 'b', { disk: 'sda' });
    await ingest('filter', [3], 'b', { disk: 'sdb' });
    await ingest('filter', [4], 'b');
    await until(() => all.events.length === 4 && unlabelled.events.length === 1);
    expect(all.values()).toEqual([1, 2, 3, 4]);
    expect(host.values()).toEqual([2, 3, 4]);
    expect(label.values()).toEqual([1, 2]);
    expect(unlabelled.values()).toEqual([4]);
    for (const stream of [all, host, label, unlabelled]) stream.stop();
  });

  test('does not get a duplicate that was ignored', async () => {
    const stream = await follow(app.client, { metric_name: 'duplicates' });
    await ingest('duplicates', [1, 2]);
    await ingest('duplicates', [2, 3]);
    await ingest('duplicates', [4]);
    await until(() => stream.values().includes(4));
    expect(stream.values()).toEqual([1, 2, 3, 4]);
    stream.stop();
  });

  test('replays from a time on where it is asked to, without a seam', async () => {
    await ingest('since', range(0, 500));
    const stream = await follow(app.client, { metric_name: 'since', since: baseMs + 100 });
    const writing = range(0, 10).map((i) => ingest('since', range(500 + i * 50, 550 + i * 50)));
    await Promise.all(writing);
    await until(() => stream.events.length >= 900);
    stream.stop();
    expect(stream.values().toSorted((a, b) => a - b)).toEqual(range(100, 1000));
    expect(stream.values().slice(0, 400)).toEqual(range(100, 500));
  });
});

describe('tRPC over WebSocket', () => {
  test('answers each request by its own id, the first event and every other alike, and then ends it', async () => {
    await ingest('envelope', [0]);
    const { socket, messages } = openRaw('/trpc');
    await until(() => socket.readyState === WebSocket.OPEN);
    const requests = [{ id: 7 }, { id: 'a "quoted" one', jsonrpc: '2.0' }];
    const params = { path: 'live', input: { json: { metric_name: 'envelope' } } };
    for (const request of requests) {
      socket.send(JSON.stringify({ ...request, method: 'subscription', params }));
    }
    await until(() => messages.length === 4);
    await ingest('envelope', [1, 2]);
    await until(() => messages.length === 8);
    for (const request of requests) socket.send(JSON.stringify({ ...request, method: 'subscription.stop' }));
    await until(() => messages.length === 10);
    for (const request of requests) {
      const answers = messages.filter(({ id }) => id === request.id);
      const [started, ...events] = answers.slice(0, -1);
      expect(started).toEqual({ ...request, result: { type: 'started' } });
      expect(answers.at(-1)).toEqual({ ...request, result: { type: 'stopped' } });
      const values = events.map(({ result, ...envelope }) => {
        const { type, id, data } = result as { type: string; id: string; data: SuperJSONResult };
        expect([envelope, type]).toEqual([request, 'data']);
        const event = transformer.deserialize<{ id: string; data: LiveSample }>(data);
        expect(event).toEqual({
          id,
          data: {
            metric_name: 'envelope',
            host: 'a',
            labels: {},
            time: expect.any(Date),
            value: expect.any(Number),
          },
        });
        return event.data.value;
      });
      expect(values).toEqual([0, 1, 2]);
    }
    socket.close();
  });
});

describe('the raw WebSocket', () => {
  test('sends one JSON message a sample, the newest first', async () => {
    await ingest('raw', [1], 'web/1', { disk: 'sda' });
    const { socket, messages } = openRaw(
      `/ws/metrics/raw?host=${encodeURIComponent('web/1')}&match=disk%3Dsda`,
    );
    await until(() => messages.length === 1);
    await ingest('raw', [2], 'web/1', { disk: 'sda' });
    await ingest('raw', [3], 'web/2', { disk: 'sda' });
    await ingest('raw', [4], 'web/1', { disk: 'sda' });
    await until(() => messages.length === 3);
    expect(messages[1]).toEqual({
      metric_name: 'raw',
      host: 'web/1',
      labels: { disk: 'sda' },
      time: new Date(baseMs + 2).toISOString(),
      value: 2,
      id: expect.any(String),
    });
    expect(messages.map(({ value }) => value)).toEqual([1, 2, 4]);
    socket.close();
  });

  test('goes on after the last event that it is told', async () => {
    const first = openRaw('/ws/metrics/raw_resume');
    await until(() => first.socket.readyState === WebSocket.OPEN);
    await until(async () => (await app.client.status.query()).live.subscriptions > 0);
    await ingest('raw_resume', range(0, 10));
    await until(() => first.messages.length === 10);
    first.socket.terminate();
    await ingest('raw_resume', range(10, 20));
    const id = encodeURIComponent(String(first.messages[4]!.id));
    const second = openRaw(`/ws/metrics/raw_resume?last_event_id=${id}`);
    await until(() => second.messages.length === 15);
    expect(second.messages.map(({ value }) => value)).toEqual(range(5, 20));
    second.socket.close();
  });

  test.each([
    ['/ws/other', {}, 404],
    ['/ws/metrics/a/b', {}, 404],
    ['/ws/metrics/cpu?since=yesterday', {}, 400],
    ['/ws/metrics/cpu?colour=red', {}, 400],
    ['/ws/metrics/%E0%A4%A', {}, 400],
    ['/trpc', { origin: 'https://elsewhere.example' }, 403],
    ['/ws/metrics/cpu', { origin: 'https://elsewhere.example' }, 403],
  ])('refuses %s with %o by status %i', async (path, headers, status) => {
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}${path}`, { headers });
    const answer = await new Promise<IncomingMessage>((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response));
      socket.on('error', () => {});
    });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/problem+json' });
    socket.terminate();
  });

  test('lets a page of its own origin in', async () => {
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/ws/metrics/cpu`, { origin: app.url });
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    socket.close();
  });
});

describe('the raw SSE stream', () => {
  test('gives every event an id, and goes on after the one in Last-Event-ID', async () => {
    await ingest('sse', [1]);
    const first = await readSse('/api/metrics/sse/live', {}, 1, () => ingest('sse', range(2, 12)), 11);
    expect(first.map(({ data }) => data.value)).toEqual([1, ...range(2, 12)]);
    expect(first[1]!.data).toEqual({
      metric_name: 'sse',
      host: 'a',
      labels: {},
      time: new Date(baseMs + 2).toISOString(),
      value: 2,
    });
    await ingest('sse', range(12, 22));
    const second = await readSse('/api/metrics/sse/live', { 'last-event-id': first[5]!.id }, 0, () => {}, 15);
    expect(second.map(({ data }) => data.value)).toEqual(range(7, 22));
  });

  test('answers a faulty question with a problem', async () => {
    const answer = await app.rest('/api/metrics/sse/live?match=x');
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ errors: [{ field: 'match[0]' }] });
  });
});

test('the status counts connections, subscriptions and events', async () => {
  const counters = async () => (await app.client.status.query()).live;
  await until(async () => (await counters()).connections === 0);
  const before = await counters();
  const { socket, messages } = openRaw('/ws/metrics/counted');
  await until(async () => (await counters()).subscriptions === 1);
  expect((await counters()).connections).toBe(1);
  await ingest('counted', range(0, 7));
  await until(() => messages.length === 7);
  expect((await counters()).events).toBe(before.events + 7);
  socket.close();
  await until(async () => (await counters()).connections === 0 && (await counters()).subscriptions === 0);
});

interface SseEvent {
  readonly id: string;
  readonly data: Record<string, unknown>;
}

/** Reads `first` events, does something, reads until there are `total`, and goes. */
async function readSse(
  path: string,
  headers: Record<string, string>,
  first: number,
  act: () => unknown,
  total: number,
): Promise<SseEvent[]> {
  const gone = new AbortController();
  const answer = await app.rest(path, { headers, signal: gone.signal });
  expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const events: SseEvent[] = [];
  let acted = false;
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body!) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const id = /^id: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (id && data) events.push({ id, data: JSON.parse(data) });
    }
    if (!acted && events.length >= first) {
      acted = true;
      await act();
    }
    if (events.length >= total) break;
  }
  gone.abort();
  return events;
}
