import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';

const POLL_MS = 10;

/**
 * Waits until nobody holds a connection of the pool or waits for one, but no longer than that. Comes before
 * `pool.end()`, which leaves those who wait without any answer.
 */
export async function drained(pool: Pool, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  while (pool.waitingCount > 0 || pool.idleCount < pool.totalCount) {
    if (performance.now() >= deadline) return;
    await sleep(POLL_MS);
  }
}
