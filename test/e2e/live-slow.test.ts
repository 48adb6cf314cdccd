import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startTestApp, type TestApp } from '../support/app.ts';
import { range, until } from '../support/live.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const MB = 1024 * 1024;
/** Makes messages so large that the kernel, which may take 37 MB on a loopback connection, cannot take them all. */
const LABELS = { padding: 'x'.repeat(500) };

let app: TestApp;
let baseMs: number;

beforeAll(async () => {
  // A test takes longer than a client may be silent or stalled.
  app = await startTestApp({}, undefined, { connections: { heartbeatMs: 600_000 } });
  baseMs = Date.now() - 3_600_000;
});
afterAll(() => app?.close());

/** So large that a few seconds' worth fills the kernel: a client that is not known to stall has to answer pings. */
const LARGE_LABELS = Object.fromEntries(range(0, 6).map((n) => [`padding_${n}`, 'x'.repeat(1000)]));

function ingest(
  metric_name: string,
  values: readonly number[],
  labels: Record<string, string> = LABELS,
): Promise<unknown> {
  const samples = values.map((value) => ({
    metric_name,
    host: `h${value % 10}`,
    value,
    time: baseMs + value,
    labels,
  }));
  return app.client.ingest.mutate({ samples });
}

interface Reader {
  readonly socket: WebSocket;
  received: number;
  readonly gaps: { skipped: number }[];
  inOrder: boolean;
  last: number;
  pause(): void;
  resume(): void;
}

async function subscriptions(): Promise<number> {
  return (await app.client.status.query()).live.subscriptions;
}

async function openReader(metric: string): Promise<Reader> {
  const before = await subscriptions();
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}/ws/metrics/${metric}`);
  const reader: Reader = {
    socket,
    received: 0,
    gaps: [],
    inOrder: true,
    last: -1,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
  socket.on('message', (text) => {
    const message = JSON.parse(String(text));
    if (message.gap) {
      reader.gaps.push(message.gap);
      return;
    }
    reader.received++;
    if (message.value !== reader.last + 1) reader.inOrder = false;
    reader.last = message.value;
  });
  await until(async () => (await subscriptions()) > before);
  return reader;
}

function memory(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('a client that does not read', { timeout: 180_000 }, () => {
  test('costs the server less than 5 MB while 100 000 samples pass, and a healthy neighbour sees every one', async () => {
    const paused = await openReader('flood');
    const healthy = await openReader('flood');
    const flood = async (thousands: number[]) => {
      for (const thousand of thousands) await ingest('flood', range(thousand * 1000, thousand * 1000 + 1000));
    };
    // Code that has been compiled and buffers that have been made are no growth.
    await flood(range(0, 30));
    await until(() => healthy.received === 30_000 && paused.received === 30_000);
    paused.pause();
    const before = memory();
    await flood(range(30, 130));
    await until(() => healthy.received === 130_000);
    const growth = memory() - before;
    expect(healthy).toMatchObject({ inOrder: true, gaps: [], last: 129_999 });
    expect(growth).toBeLessThan(5 * MB);

    paused.resume();
    await until(() => paused.last === 129_999);
    const skipped = paused.gaps.reduce((sum, gap) => sum + gap.skipped, 0);
    expect(skipped).toBeGreaterThan(0);
    expect(paused.received + skipped).toBe(130_000);
    paused.socket.terminate();
    healthy.socket.terminate();
  });

  test('is closed with 1013 when it takes nothing for a minute (here 5 s)', async () => {
    app = await app.restart({ connections: { heartbeatMs: 15_000, stalledMs: 5_000 } });
    const paused = await openReader('stalled');
    const closed = new Promise<number>((resolve) => paused.socket.on('close', resolve));
    paused.pause();
    for (let next = 0; (await subscriptions()) > 0; next += 500) {
      await ingest('stalled', range(next, next + 500), LARGE_LABELS);
    }
    paused.resume();
    expect(await closed).toBe(1013);
  });
});
