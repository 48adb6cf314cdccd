import { openEmbedded } from './embedded.ts';
import type { Engine } from './engine.ts';
import { openServer } from './server.ts';

/** Where the database is and how it is used; what the chosen engine has no use for is ignored. */
export interface OpenEngineOptions {
  /** `postgres://…`; without it the embedded engine runs. */
  readonly databaseUrl?: string | undefined;
  /** Directory of the embedded engine's data, or `memory:`. */
  readonly dataDir: string;
  /** Connections to a server. */
  readonly poolSize: number;
  /** Longest that a statement may run on a server. */
  readonly statementTimeoutMs: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string;
  /** Told why the embedded database failed, each time before it is started again. */
  readonly onFailure?: ((reason: Error) => void) | undefined;
}

/**
 * Opens the server that `databaseUrl` names, or the embedded engine.
 * @throws HyperdashError SERVICE_UNAVAILABLE where that database cannot be used
 */
export function openEngine(options: OpenEngineOptions): Promise<Engine> {
  const { databaseUrl: url, dataDir, onFailure, ...rest } = options;
  return url ? openServer({ url, ...rest }) : openEmbedded({ dataDir, onFailure });
}
