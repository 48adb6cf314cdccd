import type { TestProject } from 'vitest/node';
import { openServer } from '../../src/engine/server.ts';
import { findLocalTimescale, type LocalServer, startLocalServer } from './local-server.ts';
import { administer, databaseUrl, randomName } from './server-databases.ts';
import { prepareTemplate } from './template.ts';

/** Starts the run's server, unless TEST_DATABASE_URL gives one, and makes the template database in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_DATABASE_URL;
  const local = given ? undefined : await startLocal();
  const serverUrl = given ?? local!.url;
  const template = randomName();
  async function teardown(): Promise<void> {
    await administer(serverUrl, `DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
    await local?.stop();
  }
  try {
    await makeTemplate(serverUrl, template);
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide('database', { kind: 'server', serverUrl, template });
  return teardown;
}

function startLocal(): Promise<LocalServer> {
  const installation = findLocalTimescale();
  if (!installation) throw new Error('no PostgreSQL with TimescaleDB here: set TEST_DATABASE_URL');
  return startLocalServer(installation);
}

/** A database is copied only while nobody is connected: TimescaleDB's scheduler keeps out where connections are off. */
async function makeTemplate(serverUrl: string, template: string): Promise<void> {
  await administer(serverUrl, `CREATE DATABASE ${template}`);
  const url = databaseUrl(serverUrl, template);
  const engine = await openServer({ url, poolSize: 2, statementTimeoutMs: 60_000 });
  try {
    await prepareTemplate(engine);
  } finally {
    await engine.close();
  }
  await administer(
    serverUrl,
    `ALTER DATABASE ${template} ALLOW_CONNECTIONS false`,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${template}'`,
  );
}
