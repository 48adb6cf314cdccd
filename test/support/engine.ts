import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { openEmbedded } from '../../src/engine/embedded.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openServer } from '../../src/engine/server.ts';
import { administer, databaseUrl, randomName } from './server-databases.ts';

/** Which database the running project tests on, and the template that its setup made. */
export type TestDatabase =
  | { readonly kind: 'embedded'; readonly templateDir: string }
  | { readonly kind: 'server'; readonly serverUrl: string; readonly template: string };

declare module 'vitest' {
  export interface ProvidedContext {
    database: TestDatabase;
  }
}

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
  const database = inject('database');
  return database.kind === 'server'
    ? openOnServer(database.serverUrl, database.template, options)
    : openInDirectory();
}

/** Fills an empty directory with the embedded engine's template; opening it takes a quarter of what creating does. */
export async function copyTemplate(directory: string): Promise<void> {
  const database = inject('database');
  if (database.kind !== 'embedded') throw new Error('a server has no data directory to copy');
  await cp(database.templateDir, directory, { recursive: true });
}

async function openOnServer(
  serverUrl: string,
  template: string,
  options: TestEngineOptions,
): Promise<TestEngine> {
  const name = randomName();
  await administer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = databaseUrl(serverUrl, name);
  const { poolSize = 4, statementTimeoutMs = 30_000 } = options;
  const engine = await openServer({ url, poolSize, statementTimeoutMs });
  return {
    ...engine,
    url,
    dataDir: undefined,
    async close() {
      await engine.close();
      await administer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function openInDirectory(): Promise<TestEngine> {
  const dataDir = await mkdtemp(join(tmpdir(), 'hyperdash-test-'));
  await copyTemplate(dataDir);
  const engine = await openEmbedded({ dataDir });
  return {
    ...engine,
    url: undefined,
    dataDir,
    async close() {
      await engine.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
