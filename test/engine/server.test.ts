import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServer } from '../../src/engine/server.ts';
import { openTestEngine, type TestEngine } from '../support/engine.ts';
import { administer, databaseUrl, randomName } from '../support/server-databases.ts';

const OPTIONS = { poolSize: 1, statementTimeoutMs: 30_000 };

describe('the server engine', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await openTestEngine();
  });
  afterAll(() => engine.close());

  it('creates the extension where it is missing, also from two nodes at once', async () => {
    const name = randomName();
    const url = databaseUrl(engine.url!, name);
    await administer(engine.url!, `CREATE DATABASE ${name}`);
    const nodes = await Promise.all([0, 1, 2].map(() => openServer({ url, ...OPTIONS })));
    for (const { pool } of nodes) {
      const { rows } = await pool.query(
        `SELECT count(*) AS n FROM pg_extension WHERE extname = 'timescaledb'`,
      );
      expect(rows).toEqual([{ n: 1 }]);
    }
    await Promise.all(nodes.map((node) => node.close()));
    await administer(engine.url!, `DROP DATABASE ${name} WITH (FORCE)`);
  });

  it('limits statements and waits for locks, and says who it is', async () => {
    const node = await openServer({
      url: engine.url!,
      poolSize: 1,
      statementTimeoutMs: 1234,
      applicationName: 'test',
    });
    const { rows } = await node.pool.query(
      `SELECT name, setting FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout', 'jit',
         'idle_in_transaction_session_timeout', 'application_name') ORDER BY name COLLATE "C"`,
    );
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      application_name: 'test',
      idle_in_transaction_session_timeout: '60000',
      jit: 'off',
      lock_timeout: '10000',
      statement_timeout: '1234',
    });
    await node.close();
  });

  it.each([
    [
      'nobody listens',
      'postgres://user:secret@127.0.0.1:1/metrics',
      '127.0.0.1:1/metrics: connect ECONNREFUSED',
    ],
    [
      'the host is unknown',
      'postgres://user:secret@nowhere.invalid/metrics',
      'nowhere.invalid/metrics: getaddrinfo',
    ],
  ])('says where it could not connect, without the password: %s', async (_reason, url, message) => {
    const opening = openServer({ url, ...OPTIONS });
    await expect(opening).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringContaining(message),
    });
    await expect(opening).rejects.not.toThrow('secret');
  });

  it('says that the database does not exist', async () => {
    const url = databaseUrl(engine.url!, randomName());
    await expect(openServer({ url, ...OPTIONS })).rejects.toThrow(/does not exist$/);
  });
});
