/**
 * The clients of `bench/live.ts`, in a process of their own: it opens the WebSockets that its parent asks for, and tells
 * how late events came. Both processes read the same clock.
 */
import { WebSocket } from 'ws';
import { parseEventId } from '../../src/live/event-id.ts';

/** What the parent asks for, once; then `collect` for what came since, and `leave`. */
export interface ClientsOrder {
  readonly url: string;
  readonly door: 'raw' | 'trpc' | 'idle';
  readonly sockets: number;
  readonly metrics: readonly string[];
  readonly hosts: readonly string[];
}

/** What came since the last `collect`. Times in milliseconds. */
export interface Collected {
  readonly open: number;
  readonly afterCommit: number[];
  readonly afterSending: number[];
  readonly gaps: number;
}

let afterCommit: number[] = [];
let afterSending: number[] = [];
let gaps = 0;
const sockets: WebSocket[] = [];

process.on('disconnect', () => process.exit(1));
process.on('message', (order: ClientsOrder | 'collect' | 'leave') => {
  if (order === 'leave') process.exit(0);
  if (order !== 'collect') {
    void openAll(order).then(() => process.send!('open'));
    return;
  }
  const open = sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length;
  process.send!({ open, afterCommit, afterSending, gaps } satisfies Collected);
  [afterCommit, afterSending, gaps] = [[], [], 0];
});

/** A few at a time, as people come. */
async function openAll(order: ClientsOrder): Promise<void> {
  for (let i = 0; i < order.sockets; i += 20) {
    await Promise.all(Array.from({ length: Math.min(20, order.sockets - i) }, (_, j) => open(order, i + j)));
  }
}

function open({ url, door, metrics, hosts }: ClientsOrder, number: number): Promise<void> {
  const metric = metrics[number % metrics.length]!;
  const host = hosts[Math.floor(number / (door === 'trpc' ? 1 : metrics.length)) % hosts.length]!;
  const path = door === 'trpc' ? '/trpc' : `/ws/metrics/${metric}?host=${host}`;
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, { perMessageDeflate: false });
  sockets.push(socket);
  socket.on('message', (text: Buffer) => receive(JSON.parse(text.toString()), door));
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => {
      if (door === 'trpc') subscribe(socket, metrics, host);
      resolve();
    });
  });
}

function subscribe(socket: WebSocket, metrics: readonly string[], host: string): void {
  for (const [id, metric_name] of metrics.entries()) {
    const params = { path: 'live', input: { json: { metric_name, host } } };
    socket.send(JSON.stringify({ id, jsonrpc: '2.0', method: 'subscription', params }));
  }
}

// biome-ignore lint/suspicious/noExplicitAny: two doors, two shapes
function receive(message: any, door: ClientsOrder['door']): void {
  const { id, ...event } = door === 'trpc' ? unwrap(message) : message;
  if (event.gap) gaps++;
  const cursor = id === undefined ? undefined : parseEventId(id);
  if (cursor === undefined || cursor.index < 0) return;
  const nowMs = performance.timeOrigin + performance.now();
  afterCommit.push(nowMs - cursor.atMs);
  afterSending.push(nowMs - event.value);
}

// biome-ignore lint/suspicious/noExplicitAny: as above
function unwrap({ result }: any): any {
  if (result?.type !== 'data') return {};
  const { id, data } = result.data.json;
  return { id, ...data };
}
