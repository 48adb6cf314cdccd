import type { Config } from '../config.ts';
import { createLogger } from '../logger.ts';
import { openStore } from '../open-store.ts';

/** Brings the schema up to date, says what was applied, and ends. */
export async function runMigrations(config: Config): Promise<void> {
  const store = await openStore(config, 'hyperdash migrate', createLogger(config));
  console.log(
    store.migrations.length === 0 ? 'The schema is up to date.' : `Applied ${store.migrations.join(', ')}.`,
  );
  await store.close();
}
