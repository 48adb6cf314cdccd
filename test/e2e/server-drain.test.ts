import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { copyTemplate, type TemplateCopy } from '../support/database.ts';
import { type Program, settingsFor, startProgram } from '../support/program.ts';

let database: TemplateCopy;
let program: Program;
let holder: pg.Client;

beforeEach(async () => {
  database = await copyTemplate();
  program = await startProgram(settingsFor(database));
  holder = new pg.Client({ connectionString: database.url! });
  holder.on('error', () => {});
  await holder.connect();
});
afterEach(async () => {
  program.signal('SIGKILL');
  await program.ended;
  await holder.end();
  await database.remove();
});

const post = (): Promise<number> =>
  fetch(`${program.url}/write`, { method: 'POST', body: 'drained,host=h v=1' }).then(
    ({ status }) => status,
    () => 0,
  );

/** A write that the database keeps waiting. */
async function hold(): Promise<{ readonly writing: Promise<number> }> {
  await holder.query('BEGIN; LOCK TABLE samples IN ACCESS EXCLUSIVE MODE');
  const writing = post();
  const waiting = `SELECT count(*)::int AS n FROM pg_stat_activity
                    WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE '%COPY samples%'`;
  const waiters = async () => {
    await holder.query('SELECT pg_stat_clear_snapshot()');
    return (await holder.query(waiting)).rows[0].n;
  };
  await expect.poll(waiters, { timeout: 10_000 }).toBeGreaterThan(0);
  return { writing };
}

describe('SIGTERM', () => {
  test('lets what is under way finish, and takes no new work', async () => {
    const { writing } = await hold();
    program.signal('SIGTERM');
    await expect.poll(post, { timeout: 5_000 }).toBe(0);
    await holder.query('ROLLBACK');
    expect(await writing).toBe(204);
    expect(await program.ended).toMatchObject({ code: 0, signal: null });
  });

  // The statement itself would only end after 30 s.
  test('ends the program within 10 s whatever is under way', { timeout: 20_000 }, async () => {
    const { writing } = await hold();
    program.signal('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0, signal: null });
    expect(await writing).toBe(0);
  });

  test('a second time ends it at once', async () => {
    await hold();
    program.signal('SIGTERM');
    await expect.poll(post, { timeout: 5_000 }).toBe(0);
    program.signal('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 1 });
  });
});
