import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { parseConfig } from '../../src/config.ts';
import { findLocalTimescale, type LocalServer, startLocalServer } from '../support/local-server.ts';
import { storedSamples } from '../support/stored-samples.ts';

const CLIENTS = 4;
const OUTAGES = 3;
const LOAD_MS = 500;
const OUTAGE_MS = 1500;

const installation = findLocalTimescale();

describe.skipIf(!installation)('a database that is stopped and started under load', () => {
  let database: LocalServer;
  beforeAll(async () => {
    database = await startLocalServer(installation!);
  }, 60_000);
  afterAll(() => database.stop());

  test('is answered for with 503 meanwhile; nothing acknowledged is lost, and the program needs no restart', async () => {
    const settings = { PORT: '0', AGENT: 'off', LOG_LEVEL: 'silent', DATABASE_URL: database.url };
    const config = parseConfig(settings);
    const app = createApp(config);
    const { url } = await app.start();
    const startMs = Date.now() - 3_600_000;
    const acknowledged: number[] = [];
    const statuses = new Set<number>();
    const retryAfter = new Set<string | null>();
    let sent = 0;
    const stopping = new AbortController();

    async function keepSending(): Promise<void> {
      while (!stopping.signal.aborted) {
        const timeMs = startMs + sent++;
        const body = `outage,host=web-1 v=${timeMs} ${timeMs}`;
        const answer = await fetch(`${url}/write?precision=ms`, { method: 'POST', body });
        statuses.add(answer.status);
        if (answer.status === 204) acknowledged.push(timeMs);
        else retryAfter.add(answer.headers.get('retry-after'));
      }
    }

    const clients = Array.from({ length: CLIENTS }, keepSending);
    for (let outage = 0; outage < OUTAGES; outage++) {
      await sleep(LOAD_MS);
      await database.halt();
      const before = acknowledged.length;
      await sleep(OUTAGE_MS);
      expect(acknowledged.length - before).toBeLessThanOrEqual(CLIENTS);
      await database.resume();
      // The same program goes on by itself.
      await expect.poll(() => acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(before + CLIENTS);
    }
    stopping.abort();
    await Promise.all(clients);
    await app.stop();

    expect([...statuses].sort()).toEqual([204, 503]);
    expect([...retryAfter]).toEqual(['1']);
    const stored = new Set((await storedSamples(config, 'outage')).map(({ value }) => value));
    expect(acknowledged.filter((timeMs) => !stored.has(timeMs))).toEqual([]);
  }, 120_000);
});
