import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createLendingSocket } from '../../src/engine/lending-socket.ts';

const closers: (() => unknown)[] = [];

afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

/** A lending socket and the server's end of its connection. */
async function connect() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const socket = createLendingSocket();
  socket.connect((server.address() as AddressInfo).port, '127.0.0.1');
  closers.push(() => socket.destroy());
  const [peer] = (await once(server, 'connection')) as [Socket];
  return { socket, peer };
}

test('what it gives stays as it was when more arrives', async () => {
  const { socket, peer } = await connect();
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  const sent = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => i % 251));
  peer.end(sent);
  await once(socket, 'end');
  expect(Buffer.concat(chunks).equals(sent)).toBe(true);
});

test('what it lends is right while the listener runs, and in one buffer', async () => {
  const { socket, peer } = await connect();
  const copies: Buffer[] = [];
  const buffers = new Set<ArrayBufferLike>();
  socket.lends = true;
  socket.on('data', (chunk) => {
    copies.push(Buffer.from(chunk));
    buffers.add(chunk.buffer);
  });
  const sent = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => i % 251));
  peer.end(sent);
  await once(socket, 'end');
  expect(Buffer.concat(copies).equals(sent)).toBe(true);
  expect(buffers.size).toBe(1);
});

test('it can be read as a stream, and paused', async () => {
  const { socket, peer } = await connect();
  peer.end('one and all');
  let text = '';
  for await (const chunk of socket) text += chunk;
  expect(text).toBe('one and all');
});
