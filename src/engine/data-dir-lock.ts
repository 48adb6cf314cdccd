import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HyperdashError } from '../errors.ts';

/** What a process says of itself while it holds a data directory. */
export interface DataDirHolder {
  /** What it was started to do, such as `hyperdash serve`. */
  readonly command: string;
  /** Where it answers, once it listens. */
  readonly url?: string;
}

/** A data directory that is this process's alone; the kernel frees it should the process die. */
export interface DataDirLock {
  /** Says more of the holder: the fields given replace those before. */
  describe(holder: Partial<DataDirHolder>): void;
  /** Frees the directory. A second call does nothing more. */
  release(): void;
}

const SQLITE_BUSY = 5;

/** Kept reachable: a database that is garbage-collected is closed, and its lock with it. */
const held = new Set<DatabaseSync>();

/**
 * Takes a data directory, creating it when absent. SQLite's file lock does what a file with a process number
 * cannot: it ends with its process, whatever becomes of it, and holds between containers that share a volume.
 * @throws HyperdashError CONFLICT that says who holds the directory; SERVICE_UNAVAILABLE where it cannot be written
 */
export function lockDataDir(dataDir: string, holder: DataDirHolder): DataDirLock {
  const holderFile = join(dataDir, 'holder.json');
  const lock = takeLock(dataDir, holderFile);
  held.add(lock);
  let description = {
    pid: process.pid,
    hostname: hostname(),
    started_at: new Date().toISOString(),
    ...holder,
  };
  writeWhole(holderFile, description);
  return {
    describe(more) {
      description = { ...description, ...more };
      writeWhole(holderFile, description);
    },
    release() {
      if (!held.delete(lock)) return;
      rmSync(holderFile, { force: true });
      lock.close();
    },
  };
}

function takeLock(dataDir: string, holderFile: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    lock = new DatabaseSync(join(dataDir, 'lock'));
    lock.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    const { errcode, message } = error as Error & { errcode?: number };
    if (errcode === SQLITE_BUSY) {
      throw new HyperdashError('CONFLICT', `${dataDir} is in use by ${describeHolder(holderFile)}`);
    }
    const reason = `cannot use ${dataDir} as data directory: ${message}`;
    throw new HyperdashError('SERVICE_UNAVAILABLE', reason, { cause: error });
  }
}

/** In words; the file may be absent for the moment between taking the lock and describing oneself. */
function describeHolder(holderFile: string): string {
  try {
    const { command, url, pid, hostname, started_at } = JSON.parse(readFileSync(holderFile, 'utf8'));
    const place = url ? ` at ${url}` : '';
    return `"${command}"${place} (process ${pid} on ${hostname}, since ${started_at})`;
  } catch {
    return 'another process';
  }
}

/** A reader finds the old content or the new, never a part. */
function writeWhole(path: string, content: unknown): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(content)}\n`);
  renameSync(`${path}.new`, path);
}
