import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
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

/** A database of one's own that nobody has opened yet. */
export interface TemplateCopy {
  /** On the server; undefined for the embedded engine. */
  readonly url: string | undefined;
  /** The embedded engine's directory; undefined on a server. */
  readonly dataDir: string | undefined;
  /** Deletes it, whoever is still connected. */
  remove(): Promise<void>;
}

/** Makes a fresh copy of the running project's template. */
export async function copyTemplate(): Promise<TemplateCopy> {
  const database = inject('database');
  return database.kind === 'server' ? copyOnServer(database.serverUrl, database.template) : copyDirectory();
}

async function copyOnServer(serverUrl: string, template: string): Promise<TemplateCopy> {
  const name = randomName();
  await administer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  return {
    url: databaseUrl(serverUrl, name),
    dataDir: undefined,
    remove: () => administer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** Fills an empty directory with the embedded engine's template; opening it takes a quarter of what creating does. */
export async function fillDataDir(directory: string): Promise<void> {
  const database = inject('database');
  if (database.kind !== 'embedded') throw new Error('a server has no data directory to copy');
  await cp(database.templateDir, directory, { recursive: true });
}

async function copyDirectory(): Promise<TemplateCopy> {
  const dataDir = await mkdtemp(join(tmpdir(), 'hyperdash-test-'));
  await fillDataDir(dataDir);
  return { url: undefined, dataDir, remove: () => rm(dataDir, { recursive: true, force: true }) };
}
