import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyLifecycle } from '../../src/store/lifecycle.ts';
import { refreshLate } from '../../src/store/refresh.ts';
import { openTestEngine, type TestEngine } from '../support/engine.ts';
import { DAY, HOUR, loadHistory, runAllJobs, SETTINGS, stopScheduler } from '../support/lifecycle.ts';

describe('refreshLate', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await openTestEngine();
    await stopScheduler(engine);
    await applyLifecycle(engine, SETTINGS);
  });
  afterAll(() => engine.close());

  const noon = Math.floor(Date.now() / DAY) * DAY + DAY / 2;
  const insert = async (fromMs: number, hours: number) => {
    await engine.pool.query(
      `INSERT INTO samples SELECT $1::timestamptz + g * INTERVAL '1 min', 1, 1 FROM generate_series(0, $2::int - 1) g`,
      [new Date(fromMs), hours * 60],
    );
  };
  const countOf = async (view: string, fromMs: number, toMs: number) => {
    const { rows } = await engine.pool.query(
      `SELECT coalesce(sum(count), 0)::int AS count FROM ${view} WHERE bucket >= $1 AND bucket < $2`,
      [new Date(fromMs), new Date(toMs)],
    );
    return rows[0].count;
  };

  it('takes up what was not in the rollups yet when the program stopped for longer than raw samples are kept', async () => {
    const stopMs = noon - 50 * DAY;
    await loadHistory(engine, { fromMs: stopMs - 10 * HOUR, toMs: stopMs - 2 * HOUR }, () =>
      insert(stopMs - 10 * HOUR, 8),
    );
    await insert(stopMs - 2 * HOUR, 2);
    await insert(noon - 2 * DAY, 1);
    await refreshLate(engine);
    await runAllJobs(engine);
    const { rows } = await engine.pool.query('SELECT count(*) AS n FROM samples WHERE time < $1', [
      new Date(stopMs),
    ]);
    expect(rows).toEqual([{ n: 0 }]);
    for (const view of ['samples_1min', 'samples_1hour', 'samples_daily']) {
      expect(await countOf(view, noon - 51 * DAY, noon - 49 * DAY)).toBe(600);
    }
  });

  it('leaves the work to the node that is at it', async () => {
    const [first, second] = [refreshLate(engine), refreshLate(engine)];
    await expect(Promise.all([first, second])).resolves.toEqual([undefined, undefined]);
  });
});
