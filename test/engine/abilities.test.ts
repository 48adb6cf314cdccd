import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestEngine, type TestEngine } from '../support/engine.ts';

describe('the abilities of an engine', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await openTestEngine({ poolSize: 3 });
  });
  afterAll(() => engine.close());

  it('name as many connections as can be in use at once', async () => {
    const { connections } = engine.abilities;
    const clients = await Promise.all(Array.from({ length: connections }, () => engine.pool.connect()));
    const next = engine.pool.connect();
    expect(engine.pool).toMatchObject({ totalCount: connections, idleCount: 0, waitingCount: 1 });
    for (const client of clients) client.release();
    (await next).release();
  });

  it('say whether a running statement can be timed out', async () => {
    const client = await engine.pool.connect();
    await client.query('SET statement_timeout = 1');
    const statement = client.query('SELECT count(*) FROM generate_series(1, 1000000)');
    if (engine.abilities.cancel) await expect(statement).rejects.toMatchObject({ code: '57014' });
    else await expect(statement).resolves.toMatchObject({ rowCount: 1 });
    client.release(true);
  });

  it('say whether TimescaleDB runs due jobs', async () => {
    const { rows } = await engine.pool.query(
      `SELECT count(*) > 0 AS launcher FROM pg_stat_activity WHERE backend_type LIKE 'TimescaleDB%'`,
    );
    expect(rows).toEqual([{ launcher: engine.abilities.backgroundJobs }]);
  });

  it('lead to a job being run, by itself or by the program', async () => {
    await engine.pool.query('CREATE TABLE runs (job_id int)');
    await engine.pool.query(
      'CREATE PROCEDURE note_run(job_id int, config jsonb) LANGUAGE sql AS $$ INSERT INTO runs VALUES (job_id) $$',
    );
    const { rows } = await engine.pool.query(`SELECT add_job('note_run', '1 hour') AS id`);
    // The launcher looks for new databases once a minute; this makes it look now.
    if (engine.abilities.backgroundJobs) {
      await engine.pool.query('SELECT _timescaledb_functions.start_background_workers()');
    } else await engine.pool.query(`CALL run_job(${rows[0].id})`);
    const runs = async () => (await engine.pool.query('SELECT count(*) AS n FROM runs')).rows[0].n;
    await expect.poll(runs, { timeout: 20_000 }).toBeGreaterThan(0);
  });
});
