import type { Engine } from '../engine/engine.ts';
import { asking } from './store-error.ts';

const SQL = `
  SELECT system_identifier::text || '-' || oid AS identity
  FROM pg_control_system(), pg_database WHERE datname = current_database()`;

/** A text that no other database has: the cluster's identifier and the database's own. */
export function databaseIdentity(engine: Engine): Promise<string> {
  return asking(async () => (await engine.pool.query<{ identity: string }>(SQL)).rows[0]!.identity);
}
