import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type { Engine } from '../engine/engine.ts';
import { withMaintenanceSession } from './lifecycle-session.ts';

const SQL_DIR = fileURLToPath(new URL('../../sql/', import.meta.url));

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Brings the schema up to date with `sql/`, each file in a transaction of its own; nodes that start at once wait for each other.
 * @returns the names of the files applied now, in order; empty where there was nothing to do
 * @throws the database's own error; the file that failed has left nothing behind
 */
export function migrate(engine: Engine): Promise<readonly string[]> {
  return withMaintenanceSession(engine, async (dbClient) => {
    const applied = await runner({
      dbClient,
      dir: SQL_DIR,
      direction: 'up',
      migrationsTable: 'hyperdash_migrations',
      singleTransaction: false,
      advisoryLockMode: 'wait',
      logger: silent,
    });
    return applied.map(({ name }) => name);
  });
}
