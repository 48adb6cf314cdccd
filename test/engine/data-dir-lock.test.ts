import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDataDir } from '../../src/engine/data-dir-lock.ts';
import { HyperdashError } from '../../src/errors.ts';
import { type Child, startChild } from '../support/child.ts';

function refusal(dataDir: string): HyperdashError {
  try {
    lockDataDir(dataDir, { command: 'hyperdash import' }).release();
  } catch (error) {
    if (error instanceof HyperdashError) return error;
    throw error;
  }
  throw new Error('the directory was free');
}

describe('the lock of a data directory', () => {
  let directory: string;
  let child: Child | undefined;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'hyperdash-lock-'));
  });
  afterEach(async () => {
    await child?.kill();
    child = undefined;
    rmSync(directory, { recursive: true, force: true });
  });

  it('refuses a second process and says who holds the directory', async () => {
    child = startChild('hold-data-dir', directory);
    expect(await child.nextLine()).toBe('held');
    const { code, message } = refusal(directory);
    expect(code).toBe('CONFLICT');
    expect(message).toContain(`${directory} is in use by "hyperdash serve" at http://127.0.0.1:8000`);
    expect(message).toContain(`process ${child.process.pid} on `);
    expect(child.stderr()).toBe('');
  });

  it('is free again when its holder was killed', async () => {
    child = startChild('hold-data-dir', directory);
    expect(await child.nextLine()).toBe('held');
    await child.kill();
    lockDataDir(directory, { command: 'hyperdash serve' }).release();
  });

  it('refuses the same process too, until it is released', () => {
    const lock = lockDataDir(directory, { command: 'hyperdash seed' });
    expect(refusal(directory).message).toContain('"hyperdash seed" (process ');
    lock.release();
    lock.release();
    lockDataDir(directory, { command: 'hyperdash serve' }).release();
  });

  it('creates the directory, and says so where it cannot', () => {
    lockDataDir(join(directory, 'new', 'deep'), { command: 'hyperdash serve' }).release();
    writeFileSync(join(directory, 'file'), '');
    expect(refusal(join(directory, 'file'))).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
});
