import type { Engine } from '../../src/engine/engine.ts';
import { migrate } from '../../src/store/migrate.ts';

/**
 * Makes the template that every test database is a copy of, once a run and engine: its schema is up to date.
 * Nothing is left running in it, and no policy is scheduled that a test would not expect.
 */
export async function prepareTemplate(engine: Engine): Promise<void> {
  await migrate(engine);
}
