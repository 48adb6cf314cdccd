import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyLifecycle } from '../../src/store/lifecycle.ts';
import { readStoreStatus } from '../../src/store/status.ts';
import { openTestEngine, type TestEngine } from '../support/engine.ts';
import { DAY, HOUR, loadHistory, SETTINGS, stopScheduler } from '../support/lifecycle.ts';

describe('the status', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await openTestEngine();
    await stopScheduler(engine);
    await applyLifecycle(engine, SETTINGS);
  });
  afterAll(() => engine?.close());

  it('counts chunks of rollups as compressed that were written so and never were rows', async () => {
    const toMs = Math.floor(Date.now() / DAY) * DAY - 3 * DAY;
    const fromMs = toMs - DAY;
    await loadHistory(engine, { fromMs, toMs }, async () => {
      await engine.pool.query(
        `INSERT INTO samples SELECT $1::timestamptz + g * INTERVAL '1 min', id, g
           FROM generate_series(0, $2::int - 1) AS g, generate_series(1, 100) AS id`,
        [new Date(fromMs), (24 * HOUR) / 60_000],
      );
      await engine.pool.query('ANALYZE samples');
    });
    const [, minute] = (await readStoreStatus(engine, SETTINGS, new Map())).tiers;
    expect(minute).toMatchObject({ data_source: 'metrics_1min', chunks: 2, chunks_compressed: 2 });
  });
});
