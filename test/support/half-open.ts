/**
 * Run in a network of its own, which it takes down: holds two connections as the SSE door does, pinged each second, one in
 * each of the kernel's tables, and ends once the server has closed both. Prints `open`, and then `closed`.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { ANYBODY } from '../../src/domain/principal.ts';
import { createCounters } from '../../src/live/counters.ts';
import { OPEN_ACCESS } from '../../src/server/access.ts';
import { CONNECTION_LIMITS, LiveConnections } from '../../src/server/live-connections.ts';

const counters = createCounters();
const connections = new LiveConnections({ ...CONNECTION_LIMITS, heartbeatMs: 1_000 }, counters, OPEN_ACCESS);
const held: Socket[] = [];
function hold(socket: Socket): void {
  held.push(socket.on('error', () => {}));
  connections.add({
    socket,
    principal: ANYBODY,
    ping: () => socket.write(': ping\n\n'),
    takeAlive: () => true,
    closeStalled: () => socket.destroy(),
    closeForbidden: () => socket.destroy(),
    closeForRestart: () => socket.destroy(),
  });
}

execFileSync('ip', ['link', 'set', 'lo', 'up']);
for (const address of ['127.0.0.1', '::']) {
  const server = createServer(hold).listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await once(connect(port, '127.0.0.1').resume(), 'data');
}
console.log('open');
execFileSync('ip', ['link', 'set', 'lo', 'down']);
await Promise.all(held.map((socket) => once(socket, 'close')));
console.log('closed');
process.exit(0);
