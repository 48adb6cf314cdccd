import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { SCOPES } from '../domain/principal.ts';
import { HyperdashError } from '../errors.ts';

const KEY_BYTES = 32;
/** Lets scanners of source code and logs tell what has leaked. */
const KEY_PREFIX = 'hd_';

const KeyRecord = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, hyphens or underscores'),
  scopes: z.array(z.enum(SCOPES)).min(1, 'must hold a scope'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal'),
  created: z.iso.datetime(),
  expires: z.iso.datetime().optional(),
  host_prefix: z.string().optional(),
  metric_prefix: z.string().optional(),
});
/** A key as the file keeps it: everything but the key. */
export type KeyRecord = z.output<typeof KeyRecord>;

const KeyFile = z
  .strictObject({ keys: z.array(KeyRecord) })
  .refine(({ keys }) => new Set(keys.map(({ name }) => name)).size === keys.length, 'names a key twice');

/** A new key: 256 random bits. */
export function newKey(): string {
  return KEY_PREFIX + randomBytes(KEY_BYTES).toString('base64url');
}

/** The SHA-256 of a key. A random key needs no salt and no slow hash: nobody can try them all. */
export function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/**
 * Reads a file of keys; one that is not there holds none where `absent` says so.
 * @throws HyperdashError BAD_REQUEST that says what is wrong with the file
 */
export function readKeyFile(path: string, absent: 'empty' | 'refused' = 'refused'): readonly KeyRecord[] {
  try {
    return KeyFile.parse(JSON.parse(readFileSync(path, 'utf8'))).keys;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT' && absent === 'empty') return [];
    throw new HyperdashError('BAD_REQUEST', `the keys in ${path} cannot be read: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

/**
 * Changes a file of keys in one step: whoever reads it sees either all of the old one or all of the new one.
 * @throws HyperdashError CONFLICT where another command is changing it, BAD_REQUEST where it cannot be read
 */
export function changeKeyFile(
  path: string,
  change: (keys: readonly KeyRecord[]) => readonly KeyRecord[],
): void {
  // Also the lock: only one can create it.
  const next = `${path}.next`;
  let file: number;
  try {
    file = openSync(next, 'wx', 0o600);
  } catch (cause) {
    const taken = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    const message = taken
      ? `${next} is there: another command is changing the keys, or was killed and left it behind`
      : `the keys in ${path} cannot be written: ${reasonOf(cause)}`;
    throw new HyperdashError(taken ? 'CONFLICT' : 'BAD_REQUEST', message, { cause });
  }
  try {
    const keys = change(readKeyFile(path, 'empty'));
    const checked = KeyFile.safeParse({ keys });
    if (!checked.success) throw new HyperdashError('BAD_REQUEST', reasonOf(checked.error));
    writeSync(file, `${JSON.stringify({ keys }, undefined, 2)}\n`);
    fsyncSync(file);
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    return error.issues.map(({ path, message }) => [path.join('.'), message].join(' ').trim()).join('; ');
  }
  // JSON.parse quotes the text, which may hold what nobody is to see.
  if (error instanceof SyntaxError) return 'it is not JSON';
  return error instanceof Error ? error.message : String(error);
}
