import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { parseConfig } from '../../src/config.ts';
import { type Ledger, missing, startLedger } from '../support/ledger.ts';
import { findLocalTimescale, type LocalServer, startLocalServer } from '../support/local-server.ts';
import { administer } from '../support/server-databases.ts';

const installation = findLocalTimescale();
const MAX_CONNECTIONS = 40;
const METRIC = 'ledger';
const SOON = { timeout: 30_000, interval: 50 };

let database: LocalServer;
let app: App;
let url: string;
let ledger: Ledger;

beforeAll(async () => {
  if (!installation) throw new Error('no PostgreSQL with TimescaleDB here');
  const settings = ['synchronous_commit=on', `max_connections=${MAX_CONNECTIONS}`, 'log_min_messages=panic'];
  database = await startLocalServer(installation, { settings });
});
afterAll(() => database?.stop());

beforeEach(async () => {
  const settings = { PORT: '0', AGENT: 'off', LOG_LEVEL: 'silent', STATEMENT_TIMEOUT_MS: '1000' };
  app = createApp(parseConfig({ ...settings, DATABASE_URL: database.url }));
  ({ url } = await app.start());
  ledger = startLedger(() => url, METRIC);
  await ledger.more(20);
});
afterEach(async () => {
  await ledger?.stop();
  await app?.stop();
});

const status = async (path: string) => (await fetch(new URL(path, url))).status;
const ready = async () => (await (await fetch(new URL('/readyz', url))).json()) as object;

/** The program has healed by itself: it serves, writes, and has every sample that it said it has. */
async function expectHealed(): Promise<void> {
  await ledger.more(20);
  await expect.poll(ready, SOON).toEqual({ ready: true, missing: [] });
  expect(await status('/api/metrics/ledger_v/latest')).toBe(200);
  await ledger.stop();
  expect(await missing(database.url, ledger, METRIC)).toEqual([]);
  // Nothing but back-pressure was said, which every client answers by sending again.
  expect([...ledger.statuses].filter((each) => ![204, 503].includes(each))).toEqual([]);
}

describe('PostgreSQL', () => {
  test.each(['halt', 'crash'] as const)('that comes to a %s and is started again', async (end) => {
    await database[end]();
    await expect.poll(ready, SOON).toEqual({ ready: false, missing: ['database'] });
    expect(await status('/healthz')).toBe(200);
    for (const path of ['/api/hosts', '/api/metrics', '/api/status', '/api/metrics/ledger_v/latest']) {
      expect([path, await status(path)]).toEqual([path, 503]);
    }
    expect(await (await fetch(new URL('/metrics', url))).text()).toContain('hyperdash_database_writable 0');
    await database.resume();
    await expectHealed();
  });

  test('one backend of which is killed, so that all of them start anew', async () => {
    const client = new pg.Client({ connectionString: database.url });
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    process.kill(rows[0].pid, 'SIGKILL');
    await expectHealed();
  });

  test('that has no connection left', async () => {
    await ledger.stop();
    const hogs: pg.Client[] = [];
    await administer(
      database.url,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hyperdash'`,
    );
    try {
      for (;;) {
        const hog = new pg.Client({ connectionString: database.url });
        hog.on('error', () => {});
        await hog.connect();
        hogs.push(hog);
      }
    } catch (error) {
      expect((error as { code?: string }).code).toBe('53300');
    }
    const refused = await fetch(new URL('/api/hosts', url));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('no connection') });
    ledger = startLedger(() => url, METRIC);
    await Promise.all(hogs.map((hog) => hog.end()));
    await expectHealed();
  });

  test('that is read-only: reads go on, writes are told to come again', async () => {
    await administer(database.url, 'ALTER DATABASE postgres SET default_transaction_read_only = on');
    const kick = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hyperdash'`;
    await administer(database.url, kick);
    await expect.poll(() => ledger.statuses.has(503), SOON).toBe(true);
    expect(await status('/api/metrics/ledger_v?start=2h')).toBe(200);
    const figures = await (await fetch(new URL('/metrics', url))).text();
    expect(figures).toContain('hyperdash_database_writable 0');
    await administer(
      database.url,
      'SET default_transaction_read_only = off',
      'ALTER DATABASE postgres RESET default_transaction_read_only',
    );
    await administer(database.url, kick);
    await expectHealed();
  });

  test('that is slow: statements end at their time and clients are told to come again', async () => {
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE samples IN ACCESS EXCLUSIVE MODE');
    await expect.poll(() => ledger.statuses.has(503), SOON).toBe(true);
    expect(await status('/api/metrics/ledger_v?start=2h&resolution=raw')).toBe(503);
    expect(await status('/healthz')).toBe(200);
    await holder.query('ROLLBACK');
    await holder.end();
    await expectHealed();
  });
});

const MEBIBYTE = 1024 * 1024;

/** A file system of a few megabytes, which only root can make; undefined where it cannot. */
function smallDisk(bytes: number): { directory: string; remove(): void } | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'hyperdash-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    rmSync(directory, { recursive: true });
    return undefined;
  }
  return {
    directory,
    remove() {
      execFileSync('umount', [directory]);
      rmSync(directory, { recursive: true });
    },
  };
}

describe('a disk', () => {
  test('that is full: writes are told to come again, reads go on, and it heals once there is room', async (context) => {
    const disk = smallDisk(24 * MEBIBYTE);
    if (disk === undefined) return context.skip('only root can make a small disk');
    const { uid, gid } = ownerOfServer();
    chownSync(disk.directory, uid, gid);
    await administer(database.url, `CREATE TABLESPACE small LOCATION '${disk.directory}'`);
    await administer(database.url, 'ALTER DATABASE postgres SET default_tablespace = small');
    await administer(database.url, `SELECT attach_tablespace('small', 'samples')`);
    await administer(
      database.url,
      `CREATE TABLE ballast AS SELECT repeat('x', 1000) AS filling FROM generate_series(1, 1)`,
    );
    try {
      // Fills what is left, to the last page.
      for (let rows = 20_000; rows >= 10; rows = Math.floor(rows / 2)) {
        const fill = `INSERT INTO ballast SELECT repeat(md5(n::text), 30) FROM generate_series(1, ${rows}) n`;
        while (await administer(database.url, fill).then(() => true, isDiskFull));
      }
      const before = ledger.acknowledged.size;
      const day = 86_400_000;
      const body = Array.from({ length: 20_000 }, (_, n) => `big,host=h v=${n} ${Date.now() - 20 * day + n}`);
      const answer = await fetch(`${url}/write?precision=ms`, { method: 'POST', body: body.join('\n') });
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await status('/api/metrics/ledger_v?start=2h')).toBe(200);
      expect(ledger.acknowledged.size).toBeGreaterThanOrEqual(before);
      await administer(database.url, 'DROP TABLE ballast');
      const again = await fetch(`${url}/write?precision=ms`, { method: 'POST', body: body.join('\n') });
      expect(again.status).toBe(204);
      await expectHealed();
    } finally {
      await app.stop();
      await administer(database.url, 'ALTER DATABASE postgres RESET default_tablespace');
      await database.stop();
      disk.remove();
    }
  });

  /** Running as root, the server is somebody else's. */
  function ownerOfServer(): { uid: number; gid: number } {
    const [, , uid, gid] = execFileSync('getent', ['passwd', 'postgres'], { encoding: 'utf8' }).split(':');
    return { uid: Number(uid), gid: Number(gid) };
  }

  /** @returns false, once the disk is full */
  function isDiskFull(error: unknown): false {
    expect((error as { code?: string }).code).toBe('53100');
    return false;
  }
});
