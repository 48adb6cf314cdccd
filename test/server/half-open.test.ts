import { execFileSync, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/** A network of one's own, where this user may have one: the peers of this machine's loopback always answer. */
const OWN_NETWORK = ['--map-root-user', '--net'];

function hasOwnNetwork(): boolean {
  try {
    execFileSync('unshare', [...OWN_NETWORK, 'ip', 'link', 'set', 'lo', 'up'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!hasOwnNetwork())('a client that the network does not reach any more', () => {
  test('is let go within 30 s, though it cannot answer a ping', { timeout: 30_000 }, async ({ signal }) => {
    const program = fileURLToPath(new URL('../support/half-open.ts', import.meta.url));
    const child = spawn('unshare', [...OWN_NETWORK, process.execPath, program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    signal.addEventListener('abort', () => child.kill('SIGKILL'));
    expect(await text(child.stdout)).toBe('open\nclosed\n');
  });
});
