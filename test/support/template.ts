import type { Engine } from '../../src/engine/engine.ts';

/**
 * Makes the template that every test database is a copy of, once a run and engine: apply the migrations here.
 * Nothing may be left running in it, and no policy may be scheduled that a test would not expect.
 */
export async function prepareTemplate(_engine: Engine): Promise<void> {}
