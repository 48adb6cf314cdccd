import { access, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEmbedded } from '../../src/engine/embedded.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { type Child, startChild } from '../support/child.ts';
import { fillDataDir } from '../support/database.ts';

const BATCH_ROWS = 500;

async function countPoints(engine: Engine): Promise<number> {
  return (await engine.pool.query('SELECT count(*) AS n FROM points')).rows[0].n;
}

async function createPoints(engine: Engine): Promise<void> {
  await engine.pool.query('CREATE TABLE points (time timestamptz NOT NULL, value float8)');
  await engine.pool.query(`SELECT create_hypertable('points', by_range('time'))`);
  await engine.pool.query(
    `INSERT INTO points SELECT now() + n * interval '1 day', n FROM generate_series(1, 50) n`,
  );
}

describe('the embedded engine', () => {
  let directory: string;
  let child: Child | undefined;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hyperdash-embedded-'));
  });
  afterEach(async () => {
    await child?.kill();
    child = undefined;
    await rm(directory, { recursive: true, force: true });
  });

  it('finds its hypertables filled when it is opened again', async () => {
    const dataDir = join(directory, 'new', 'deep');
    const first = await openEmbedded({ dataDir });
    await createPoints(first);
    await first.close();
    expect(await readdir(dataDir)).toEqual(['pgdata']);
    const second = await openEmbedded({ dataDir });
    expect(await countPoints(second)).toBe(50);
    await second.close();
    await second.close();
  });

  it('keeps every acknowledged row when its process is killed during inserts', async () => {
    await fillDataDir(directory);
    let committed = 0;
    for (let round = 1; round <= 3; round++) {
      child = startChild('insert-until-killed', directory);
      for (let batch = 0; batch < 7 * round; batch++) {
        expect(await child.nextLine()).toBe('committed');
        committed++;
      }
      await child.kill();
      while ((await child.nextLine()) === 'committed') committed++;
    }
    const engine = await openEmbedded({ dataDir: directory });
    const rows = await countPoints(engine);
    expect(rows).toBeGreaterThanOrEqual(committed * BATCH_ROWS);
    expect(rows % BATCH_ROWS).toBe(0);
    await engine.close();
  });

  it.each(['pgdata.initializing', 'pgdata.initializing/global/pg_control'])(
    'starts anew when its first process was killed once %s was there',
    async (sign) => {
      child = startChild('insert-until-killed', directory);
      await expect
        .poll(() => access(join(directory, sign)), { timeout: 20_000, interval: 1 })
        .toBeUndefined();
      await child.kill();
      expect(await readdir(directory)).toEqual(['pgdata.initializing']);
      const engine = await openEmbedded({ dataDir: directory });
      await createPoints(engine);
      await engine.close();
      expect(await readdir(directory)).toEqual(['pgdata']);
    },
  );

  it('is opened again by itself, with all its rows, after a trap in the WASM program', async () => {
    const failures: string[] = [];
    const onFailure = (reason: Error) => failures.push(reason.message);
    await fillDataDir(directory);
    const engine = await openEmbedded({ dataDir: directory, onFailure });
    await createPoints(engine);
    const client = await engine.pool.connect();
    client.on('error', () => {});
    const { stream } = (client as unknown as { connection: { stream: NodeJS.WritableStream } }).connection;
    stream.write(Buffer.from([0x01, 0, 0, 0, 4]));
    await expect(client.query('SELECT 1')).rejects.toThrow('Connection terminated');
    client.release(true);
    await expect.poll(() => countPoints(engine), { timeout: 20_000 }).toBe(50);
    expect(failures).toEqual(['unreachable']);
    await engine.close();
  });

  it('closes during a statement that would run for minutes, and loses nothing', async () => {
    await fillDataDir(directory);
    const engine = await openEmbedded({ dataDir: directory });
    await createPoints(engine);
    const statement = engine.pool.query(
      'SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b',
    );
    const waiting = engine.pool.query('SELECT 1');
    const refusals = Promise.all([
      expect(statement).rejects.toThrow('Connection terminated'),
      expect(waiting).rejects.toThrow('the embedded database is down'),
    ]);
    await engine.close();
    await refusals;
    const again = await openEmbedded({ dataDir: directory });
    expect(await countPoints(again)).toBe(50);
    await again.close();
  });

  it('keeps nothing of memory:', async () => {
    const engine = await openEmbedded({ dataDir: 'memory:' });
    await createPoints(engine);
    expect(await countPoints(engine)).toBe(50);
    await engine.close();
  });

  it('says why a data directory cannot be opened', async () => {
    await writeFile(join(directory, 'file'), '');
    await expect(openEmbedded({ dataDir: join(directory, 'file') })).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringContaining('cannot open the database in'),
    });
  });
});
