import { type AppLimits, createApp } from '../../src/app.ts';
import { createMetricsClient, type MetricsClient } from '../../src/client.ts';
import { type Config, parseConfig } from '../../src/config.ts';
import { copyTemplate } from './database.ts';

/** The whole program on a database of its own, reached over HTTP. */
export interface TestApp {
  readonly url: string;
  readonly client: MetricsClient;
  readonly config: Config;
  /** Calls a REST route: its path and query. */
  rest(path: string, init?: RequestInit): Promise<Response>;
  /** Calls a REST route and reads the JSON of its answer, whatever its status. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  json(path: string, init?: RequestInit): Promise<any>;
  /** Stops the program and starts it again on the same database, and a new port unless one was set. */
  restart(newLimits?: AppLimits): Promise<TestApp>;
  /** Stops the program and leaves its database. */
  stop(): Promise<void>;
  /** Stops the program and deletes its database. */
  close(): Promise<void>;
}

/**
 * Starts the program on a fresh database of the running project's engine: one a test file is the rule.
 * @param prepare fills the database before the program opens it
 */
export async function startTestApp(
  settings: Readonly<Record<string, string>> = {},
  prepare?: (config: Config) => Promise<void>,
  limits?: AppLimits,
): Promise<TestApp> {
  const { url, dataDir, remove } = await copyTemplate();
  const config = parseConfig({
    PORT: '0',
    AGENT: 'off',
    LOG_LEVEL: 'error',
    DATABASE_URL: url,
    DATA_DIR: dataDir,
    ...settings,
  });
  try {
    await prepare?.(config);
    return await start(config, remove, limits);
  } catch (error) {
    await remove();
    throw error;
  }
}

async function start(config: Config, remove: () => Promise<void>, limits?: AppLimits): Promise<TestApp> {
  const app = createApp(config, limits);
  const { url } = await app.start();
  const rest = (path: string, init?: RequestInit) => fetch(new URL(path, url), init);
  return {
    url,
    config,
    client: createMetricsClient({ url }),
    rest,
    json: async (path, init) => (await rest(path, init)).json(),
    async restart(newLimits = limits) {
      await app.stop();
      return start(config, remove, newLimits);
    },
    stop: () => app.stop(),
    async close() {
      await app.stop();
      await remove();
    },
  };
}
