import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { IngestAnswer } from '../../src/contract/ingest.ts';
import { copyTemplate, type TemplateCopy } from '../support/database.ts';
import { randomNumbers } from '../support/fuzz.ts';
import { until } from '../support/live.ts';
import { type ServingProcess, serve } from '../support/serving-process.ts';
import { storedSamples } from '../support/stored-samples.ts';

const KILLS = 10;
const CLIENTS = 4;
const BATCH_SAMPLES = 200;
const STEP_MS = 1000;

let database: TemplateCopy;
beforeAll(async () => {
  database = await copyTemplate();
});
afterAll(() => database.remove());

/** A batch that a client means to send: its samples have one series and times of their own. */
interface Batch {
  readonly client: number;
  readonly fromMs: number;
}

/** Sends a batch; true where it was acknowledged, false where it was not, whatever the reason. */
async function send({ url }: ServingProcess, { client, fromMs }: Batch): Promise<boolean> {
  const samples = Array.from({ length: BATCH_SAMPLES }, (_, i) => ({
    metric_name: 'crash',
    host: `client-${client}`,
    time: fromMs + i,
    value: i,
  }));
  try {
    const answer = await fetch(`${url}/api/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ samples }),
    });
    if (!answer.ok) return false;
    const { accepted, duplicates } = IngestAnswer.parse(await answer.json());
    return accepted + duplicates === BATCH_SAMPLES;
  } catch {
    return false;
  }
}

describe('a server that is killed under load', () => {
  test('has every sample that it acknowledged, and in the end exactly what its clients meant to send', async () => {
    const settings = { ...process.env, DATABASE_URL: database.url, DATA_DIR: database.dataDir };
    const random = randomNumbers(11);
    const startMs = Math.floor(Date.now() / 1000) * 1000 - 86_400_000;
    const acknowledged: Batch[] = [];
    let lost: Batch[] = [];
    let sent = 0;
    let server = await serve(settings);

    async function keepSending(client: number, stopping: AbortSignal): Promise<void> {
      while (!stopping.aborted) {
        const batch = { client, fromMs: startMs + sent++ * STEP_MS };
        (await send(server, batch)) ? acknowledged.push(batch) : lost.push(batch);
      }
    }

    for (let kill = 0; kill < KILLS; kill++) {
      const stopping = new AbortController();
      const clients = Array.from({ length: CLIENTS }, (_, client) => keepSending(client, stopping.signal));
      const before = acknowledged.length;
      await until(() => acknowledged.length > before + 1);
      await sleep(random(400));
      const killed = server.kill();
      stopping.abort();
      await Promise.all([killed, ...clients]);
      server = await serve(settings);
    }
    const acknowledgedBefore = acknowledged.length;
    for (const batch of lost) expect(await send(server, batch)).toBe(true);
    const resent = lost;
    lost = [];
    await server.stop();

    const config = parseConfig({
      LOG_LEVEL: 'error',
      DATABASE_URL: database.url,
      DATA_DIR: database.dataDir,
    });
    const stored = await storedSamples(config, 'crash');
    const expected = [...acknowledged, ...resent].flatMap(({ client, fromMs }) =>
      Array.from({ length: BATCH_SAMPLES }, (_, i) => `client-${client} ${(fromMs + i) * 1000} ${i}`),
    );
    expect(acknowledgedBefore).toBeGreaterThan(KILLS);
    expect(resent.length).toBeGreaterThan(0);
    expect(stored.map(({ host, time_us, value }) => `${host} ${time_us} ${value}`).sort()).toEqual(
      expected.sort(),
    );
  }, 240_000);
});
