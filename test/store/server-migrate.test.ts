import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openServer } from '../../src/engine/server.ts';
import { migrate } from '../../src/store/migrate.ts';
import type { TestDatabase } from '../support/database.ts';
import { administer, databaseUrl, randomName } from '../support/server-databases.ts';

describe('migrate', () => {
  const database = inject('database') as Extract<TestDatabase, { kind: 'server' }>;
  const name = randomName();
  beforeAll(() => administer(database.serverUrl, `CREATE DATABASE ${name}`));
  afterAll(() => administer(database.serverUrl, `DROP DATABASE ${name} WITH (FORCE)`));

  it('applies every file once, in order, when nodes start at once', async () => {
    const url = databaseUrl(database.serverUrl, name);
    const nodes = await Promise.all(
      [1, 2, 3].map(() => openServer({ url, poolSize: 1, statementTimeoutMs: 30_000 })),
    );
    const applied = await Promise.all(nodes.map(migrate));
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
    const files = (await readdir(new URL('../../sql', import.meta.url))).sort();
    expect(applied.flat()).toEqual(files.map((file) => file.replace('.sql', '')));
    await Promise.all(nodes.map((node) => node.close()));
  });
});
