import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createHttpSink } from '../../src/cli/http-sink.ts';
import type { SampleBatch } from '../../src/cli/sample-sink.ts';

interface Received {
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly samples: { time: number; host: string; metric_name: string; value: number; labels?: object }[];
}

type Reply = (response: ServerResponse, received: Received, request: IncomingMessage) => void;

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
});

/** A server on loopback that keeps what it is sent and answers by `replies`, in turn, the last for good. */
async function serve(...replies: Reply[]): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({
      url: `${request.method} ${request.url}`,
      authorization: request.headers.authorization,
      samples: JSON.parse(body).samples,
    });
    const reply = replies[Math.min(received.length, replies.length) - 1]!;
    reply(response, received.at(-1)!, request);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

const acceptAll: Reply = (response, { samples }) =>
  response.end(JSON.stringify({ accepted: samples.length, duplicates: 0, rejected: [] }));

const overloaded =
  (retryAfter?: string): Reply =>
  (response) => {
    response.writeHead(503, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
    response.end(JSON.stringify({ title: 'overloaded' }));
  };

const never = new AbortController().signal;

function batch(length: number): SampleBatch {
  const times = Float64Array.from({ length }, (_, i) => 1_700_000_000_000 + i * 10_000);
  return { host: 'web-1', metric_name: 'cpu', times, values: times.map((_, i) => i / 4) };
}

test('a batch goes to POST /api/metrics in requests of at most 10 000, the key as a bearer token', async () => {
  const { url, received } = await serve(acceptAll);
  const sink = createHttpSink({ url, apiKey: 'secret', signal: never });
  const answer = await sink.write({ ...batch(25_000), labels: { mount: '/' }, unit: 'percent' });

  expect(answer).toEqual({ accepted: 25_000, duplicates: 0, rejected: [] });
  expect(received.map(({ samples }) => samples.length)).toEqual([10_000, 10_000, 5_000]);
  expect(received[0]).toMatchObject({ url: 'POST /api/metrics', authorization: 'Bearer secret' });
  expect(received[2]!.samples[4_999]).toEqual({
    time: 1_700_000_000_000 + 24_999 * 10_000,
    host: 'web-1',
    metric_name: 'cpu',
    value: 24_999 / 4,
    labels: { mount: '/' },
  });
});

test('duplicates are added up and the rejected named by their place in the whole batch', async () => {
  const reply: Reply = (response) =>
    response.end(
      JSON.stringify({ accepted: 1, duplicates: 2, rejected: [{ index: 7, reason: 'too many series' }] }),
    );
  const { url } = await serve(reply);
  const answer = await createHttpSink({ url, signal: never }).write(batch(20_000));

  expect(answer).toEqual({
    accepted: 2,
    duplicates: 4,
    rejected: [
      { index: 7, reason: 'too many series' },
      { index: 10_007, reason: 'too many series' },
    ],
  });
});

test('a path before the API, and a slash at its end, are kept', async () => {
  const { url, received } = await serve(acceptAll);
  await createHttpSink({ url: `${url}/hyperdash/`, signal: never }).write(batch(1));
  await createHttpSink({ url: `${url}/hyperdash`, signal: never }).write(batch(1));

  expect(received.map((each) => each.url)).toEqual(Array(2).fill('POST /hyperdash/api/metrics'));
  expect(received[0]!.authorization).toBeUndefined();
});

test('overload is retried no sooner than Retry-After says, and the same samples are sent again', async () => {
  const { url, received } = await serve(overloaded('1'), overloaded('0'), acceptAll);
  const startedMs = performance.now();
  const answer = await createHttpSink({ url, signal: never }).write(batch(3));

  expect(answer.accepted).toBe(3);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(990);
  expect(received).toHaveLength(3);
  expect(received[2]!.samples).toEqual(received[0]!.samples);
});

test('overload without Retry-After is retried all the same', async () => {
  const { url, received } = await serve(overloaded(), acceptAll);
  await createHttpSink({ url, signal: never }).write(batch(1));
  expect(received).toHaveLength(2);
});

test('a connection lost midway is tried again, since repeating a sample is harmless', async () => {
  const { url, received } = await serve(
    acceptAll,
    (_response, _received, request) => request.socket.destroy(),
    acceptAll,
  );
  const sink = createHttpSink({ url, signal: never });
  await sink.write(batch(1));
  expect((await sink.write(batch(2))).accepted).toBe(2);
  expect(received).toHaveLength(3);
});

test('Ctrl-C ends the waiting for a server that is overloaded', async () => {
  const interrupt = new AbortController();
  const { url, received } = await serve((response, ...rest) => {
    overloaded('3600')(response, ...rest);
    setTimeout(() => interrupt.abort(), 50);
  });
  const writing = createHttpSink({ url, signal: interrupt.signal }).write(batch(1));

  await expect(writing).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  expect(received).toHaveLength(1);
});

test('a server that is not there is said to be so at once', async () => {
  const { url } = await serve(acceptAll);
  await new Promise((resolve) => server!.close(resolve));

  await expect(createHttpSink({ url, signal: never }).write(batch(1))).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    message: `no server answers at ${url} (ECONNREFUSED)`,
  });
});

test.each([
  [
    400,
    { title: 'Bad Request', detail: 'samples: at most 50000' },
    'BAD_REQUEST',
    'answered 400: samples: at most 50000',
  ],
  [401, { title: 'Unauthorized' }, 'UNAUTHORIZED', 'answered 401: Unauthorized; give a key by --api-key'],
  [413, 'no JSON', 'PAYLOAD_TOO_LARGE', 'answered 413'],
  [500, {}, 'INTERNAL_SERVER_ERROR', 'answered 500'],
  [200, { hello: 'world' }, 'BAD_REQUEST', 'is not Hyperdash'],
  [200, '<html>', 'BAD_REQUEST', 'is not Hyperdash'],
])('an answer of %d is not retried and said in the server’s words', async (status, body, code, message) => {
  const { url, received } = await serve((response) => {
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  const writing = createHttpSink({ url, signal: never }).write(batch(1));

  await expect(writing).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  expect(received).toHaveLength(1);
});

test.each(['localhost:8000', 'nonsense', 'ftp://x'])('%s is refused as a URL', (url) => {
  expect(() => createHttpSink({ url, signal: never })).toThrow('must be a URL such as http://localhost:8000');
});
