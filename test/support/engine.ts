import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/open.ts';
import { copyTemplate } from './database.ts';

/** Choices for a test's engine. */
export interface TestEngineOptions {
  /** Connections to the server; the embedded engine has one. 4 unless given. */
  readonly poolSize?: number;
  /** 30 s unless given; the embedded engine has none. */
  readonly statementTimeoutMs?: number;
}

/** An engine over a database of its own. */
export interface TestEngine extends Engine {
  /** The server's database, for opening it again; undefined on the embedded engine. */
  readonly url: string | undefined;
  /** The embedded engine's directory, deleted at close; undefined on a server. */
  readonly dataDir: string | undefined;
}

/**
 * Opens the running project's engine on a fresh copy of the template: one a test file is the rule
 * (`beforeAll`/`afterAll`, about 0.7 s). `close` deletes the database.
 */
export async function openTestEngine(options: TestEngineOptions = {}): Promise<TestEngine> {
  const { poolSize = 4, statementTimeoutMs = 30_000 } = options;
  const { url, dataDir, remove } = await copyTemplate();
  const engine = await openEngine({ databaseUrl: url, dataDir: dataDir ?? '', poolSize, statementTimeoutMs });
  return {
    ...engine,
    url,
    dataDir,
    async close() {
      await engine.close();
      await remove();
    },
  };
}
