import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A name for a database that no other run uses. */
export function randomName(): string {
  return `hyperdash_test_${randomBytes(6).toString('hex')}`;
}

/** The URL of another database on the same server. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs statements one by one outside any transaction, on the server's own database. */
export async function administer(serverUrl: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
