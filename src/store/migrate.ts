import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type { PoolClient } from 'pg';
import type { Engine } from '../engine/engine.ts';

const SQL_DIR = fileURLToPath(new URL('../../sql/', import.meta.url));

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Brings the schema up to date with `sql/`, each file in a transaction of its own; nodes that start at once wait for each other.
 * @returns the names of the files applied now, in order; empty where there was nothing to do
 * @throws the database's own error; the file that failed has left nothing behind
 */
export async function migrate(engine: Engine): Promise<readonly string[]> {
  const client = await engine.pool.connect();
  try {
    const applied = await applyFiles(client);
    client.release();
    return applied;
  } catch (error) {
    // The session may be inside a failed transaction and hold the lock: it must end.
    client.release(true);
    throw error;
  }
}

async function applyFiles(client: PoolClient): Promise<readonly string[]> {
  // Waiting for another node's migration may take longer than a query may.
  await client.query('SET statement_timeout = 0');
  const applied = await runner({
    dbClient: client,
    dir: SQL_DIR,
    direction: 'up',
    migrationsTable: 'hyperdash_migrations',
    singleTransaction: false,
    advisoryLockMode: 'wait',
    logger: silent,
  });
  await client.query('RESET statement_timeout');
  return applied.map(({ name }) => name);
}
