import { execFileSync, spawn } from 'node:child_process';
import { createClient } from 'redis';
import { freePort } from './live.ts';

/** Whether this machine has a Redis to start. */
export function hasRedis(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.log('no redis-server here: the bus between nodes is not tested');
    return false;
  }
}

/** A throw-away Redis on loopback. */
export interface TestRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a Redis that keeps nothing. */
export async function startRedis(port?: number): Promise<TestRedis> {
  const chosen = port ?? (await freePort());
  const server = spawn(
    'redis-server',
    ['--port', String(chosen), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    { stdio: 'ignore' },
  );
  const url = `redis://127.0.0.1:${chosen}`;
  const probe = createClient({ url, socket: { reconnectStrategy: 50 } });
  probe.on('error', () => {});
  await probe.connect();
  probe.destroy();
  return {
    url,
    async stop() {
      const exited = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await exited;
    },
  };
}
