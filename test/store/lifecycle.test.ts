import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyLifecycle } from '../../src/store/lifecycle.ts';
import { finishAbandonedHistory } from '../../src/store/refresh-history.ts';
import { openTestEngine, type TestEngine } from '../support/engine.ts';
import { DAY, loadHistory, SETTINGS } from '../support/lifecycle.ts';

describe('applyLifecycle', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await openTestEngine();
  });
  afterAll(() => engine.close());

  const readPolicies = async () => {
    const { rows } = await engine.pool.query(
      `SELECT job_id, proc_name, hypertable_name, config, schedule_interval::text, scheduled
         FROM timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY job_id`,
    );
    return rows;
  };
  const dropAfter = async (relation: string) => {
    const policies = await readPolicies();
    return policies.find((row) => row.proc_name === 'policy_retention' && row.hypertable_name === relation)
      .config.drop_after;
  };

  const paused = async () =>
    (await readPolicies()).filter((row) => row.proc_name === 'policy_retention').map((row) => !row.scheduled);

  it('refuses settings that contradict each other, and then alters nothing', async () => {
    await expect(applyLifecycle(engine, { ...SETTINGS, retain1minMs: 7 * DAY })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/RETAIN_1MIN.*RETAIN_RAW/),
    });
    expect(await readPolicies()).toEqual([]);
  });

  it('makes every policy once, however many nodes start', async () => {
    const altered = await Promise.all([applyLifecycle(engine, SETTINGS), applyLifecycle(engine, SETTINGS)]);
    expect(altered.filter((lines) => lines.length === 0)).toHaveLength(1);
    const names = (await readPolicies()).map((row) => `${row.proc_name} ${row.hypertable_name}`);
    expect(names.sort()).toEqual([
      'policy_compression samples',
      'policy_compression samples_1hour',
      'policy_compression samples_1min',
      'policy_compression samples_daily',
      'policy_refresh_continuous_aggregate samples_1hour',
      'policy_refresh_continuous_aggregate samples_1min',
      'policy_refresh_continuous_aggregate samples_daily',
      'policy_retention samples',
      'policy_retention samples_1min',
    ]);
  });

  it('alters what a changed setting governs, and leaves the rest alone', async () => {
    const before = await readPolicies();
    expect(await applyLifecycle(engine, SETTINGS)).toEqual([]);
    expect(await readPolicies()).toEqual(before);
    const altered = await applyLifecycle(engine, { ...SETTINGS, retain1minMs: 100 * DAY });
    expect(altered).toEqual([expect.stringMatching(/^samples_1min: policy_retention/)]);
    const after = await readPolicies();
    expect(after.filter((row, index) => JSON.stringify(row) !== JSON.stringify(before[index]))).toHaveLength(
      1,
    );
    await applyLifecycle(engine, SETTINGS);
    expect(await readPolicies()).toEqual(before);
  });

  it('has the chunk interval and the limit of age follow', async () => {
    await applyLifecycle(engine, { ...SETTINGS, chunkIntervalMs: DAY, retainRawMs: 2 * DAY });
    await engine.pool.query(`INSERT INTO metrics (host, metric_name, value) VALUES ('a', 'chunked', 1)`);
    const { rows } = await engine.pool.query(
      `SELECT extract(epoch FROM range_end - range_start)::int AS seconds
         FROM timescaledb_information.chunks WHERE hypertable_name = 'samples'`,
    );
    expect(rows).toEqual([{ seconds: DAY / 1000 }]);
    expect(await dropAfter('samples')).toBe('49:00:00');
    await expect(
      engine.pool.query(
        `INSERT INTO metrics (time, host, metric_name, value) VALUES (now() - INTERVAL '3 days', 'a', 'old', 1)`,
      ),
    ).rejects.toMatchObject({ code: '22023' });
  });

  it('has retention wait while history is loaded, and for a load that was cut off until it is repeated', async () => {
    const range = { fromMs: Date.now() - 200 * DAY, toMs: Date.now() - 199 * DAY };
    const insert = `INSERT INTO samples SELECT $1::timestamptz + g * INTERVAL '1 min', 1, g FROM generate_series(0, 99) g
      ON CONFLICT DO NOTHING`;
    const cutOff = loadHistory(engine, range, async () => {
      await engine.pool.query(insert, [new Date(range.fromMs)]);
      expect(await paused()).toEqual([true, true]);
      throw new Error('cut off');
    });
    await expect(cutOff).rejects.toThrow('cut off');
    await applyLifecycle(engine, SETTINGS);
    expect(await paused()).toEqual([true, true]);
    await loadHistory(engine, range, async () => {
      await engine.pool.query(insert, [new Date(range.fromMs)]);
    });
    expect(await paused()).toEqual([false, false]);
    const { rows } = await engine.pool.query(
      'SELECT sum(sum) AS sum, sum(count)::int AS count FROM samples_daily WHERE bucket < $1',
      [new Date(range.toMs)],
    );
    expect(rows).toEqual([{ sum: 4950, count: 100 }]);
    await expect(loadHistory(engine, range, async () => {})).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('ends a load of history that nobody has repeated within a week', async () => {
    const range = { fromMs: Date.now() - 300 * DAY, toMs: Date.now() - 299 * DAY };
    const cutOff = loadHistory(engine, range, async () => {
      await engine.pool.query('INSERT INTO samples VALUES ($1, 1, 7)', [new Date(range.fromMs)]);
      throw new Error('cut off');
    });
    await expect(cutOff).rejects.toThrow('cut off');
    await finishAbandonedHistory(engine);
    expect(await paused()).toEqual([true, true]);
    await engine.pool.query(`UPDATE history_loads SET started_at = started_at - INTERVAL '8 days'`);
    await finishAbandonedHistory(engine);
    expect(await paused()).toEqual([false, false]);
    const { rows } = await engine.pool.query(
      "SELECT sum FROM samples_daily WHERE bucket = date_trunc('day', $1::timestamptz, 'UTC')",
      [new Date(range.fromMs)],
    );
    expect(rows).toEqual([{ sum: 7 }]);
  });
});
