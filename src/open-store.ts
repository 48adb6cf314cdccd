import type { Logger } from 'pino';
import { type Config, ConfigError } from './config.ts';
import { type LifecycleSettings, lifecycleProblems } from './domain/retention.ts';
import { lockDataDir } from './engine/data-dir-lock.ts';
import type { Engine } from './engine/engine.ts';
import { openEngine } from './engine/open.ts';
import { applyLifecycle } from './store/lifecycle.ts';
import { migrate } from './store/migrate.ts';

/** An engine whose schema is up to date and whose policies follow the settings. */
export interface Store {
  readonly engine: Engine;
  /** Names of the migrations that were applied while opening. */
  readonly migrations: readonly string[];
  /** Says where the program that holds the data directory can be reached. */
  announce(url: string): void;
  close(): Promise<void>;
}

/**
 * Opens the database that the settings name, embedded or server, and brings it up to date.
 * @param holder what the lock of the data directory says to the next one who wants it, such as `hyperdash serve`
 * @throws HyperdashError CONFLICT where another process holds the data directory, SERVICE_UNAVAILABLE where the
 *   database cannot be used
 */
export async function openStore(config: Config, holder: string, logger: Logger): Promise<Store> {
  const settings = lifecycleOf(config);
  const embedded = config.DATABASE_URL === undefined && config.DATA_DIR !== 'memory:';
  const lock = embedded ? lockDataDir(config.DATA_DIR, { command: holder }) : undefined;
  let engine: Engine | undefined;
  const close = async (): Promise<void> => {
    await engine?.close();
    lock?.release();
  };
  try {
    engine = await openEngine({
      databaseUrl: config.DATABASE_URL,
      dataDir: config.DATA_DIR,
      poolSize: config.DATABASE_POOL_SIZE,
      statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
      onFailure: (reason) => logger.error(reason, 'the embedded database failed and is started again'),
    });
    const migrations = await migrate(engine);
    const altered = await applyLifecycle(engine, settings);
    if (altered.length > 0) logger.info({ altered }, 'the database now follows the settings');
    return { engine, migrations, announce: (url) => lock?.describe({ url }), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The settings of what is kept how long, and compressed when.
 * @throws ConfigError where they contradict each other
 */
export function lifecycleOf(config: Config): LifecycleSettings {
  const settings = {
    chunkIntervalMs: config.CHUNK_INTERVAL,
    compressAfterMs: config.COMPRESS_AFTER,
    retainRawMs: config.RETAIN_RAW,
    retain1minMs: config.RETAIN_1MIN,
  };
  const problems = lifecycleProblems(settings);
  if (problems.length > 0) throw new ConfigError(problems);
  return settings;
}
