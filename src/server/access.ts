import { timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import { ANYBODY, type Principal } from '../domain/principal.ts';
import { HyperdashError } from '../errors.ts';
import { digestOf, type KeyRecord, readKeyFile } from './key-file.ts';

/** How often the file of keys is looked at, at most. */
const LOOK_EVERY_MS = 1_000;

/** Who may come in. */
export interface Access {
  /** Whether nobody needs a key. */
  readonly open: boolean;
  /**
   * Whose key this is.
   * @throws HyperdashError UNAUTHORIZED
   */
  authorize(key: string | undefined): Principal;
  /** Whether a principal that was let in would still be. */
  stillHolds(principal: Principal): boolean;
}

/** Everybody may come in and do everything. */
export const OPEN_ACCESS: Access = { open: true, authorize: () => ANYBODY, stillHolds: () => true };

/** What {@link accessByKeys} needs. */
export interface KeyedAccessOptions {
  readonly path: string;
  readonly nowMs: () => number;
  /** Told when the file changes into something that cannot be read; the keys before it then stay. */
  readonly onError: (error: unknown) => void;
}

/** A key of the file, ready for comparison. */
interface KnownKey {
  readonly digest: Buffer;
  readonly expiresMs: number;
  readonly principal: Principal;
}

/**
 * Whoever has a key in the file may come in. The file is read again when it changes, within a second.
 * @throws HyperdashError BAD_REQUEST where it cannot be read at the start
 */
export function accessByKeys({ path, nowMs, onError }: KeyedAccessOptions): Access {
  let version = versionOf(path);
  let keys = readKeyFile(path).map(known);
  let lookedMs = nowMs();
  const digests = new WeakMap<Principal, Buffer>();

  function current(): readonly KnownKey[] {
    // Also where the clock was set back.
    if (Math.abs(nowMs() - lookedMs) < LOOK_EVERY_MS) return keys;
    lookedMs = nowMs();
    try {
      const found = versionOf(path);
      if (found === version) return keys;
      version = found;
      keys = readKeyFile(path).map(known);
    } catch (error) {
      onError(error);
    }
    return keys;
  }

  return {
    open: false,
    authorize(key) {
      if (key === undefined) throw new HyperdashError('UNAUTHORIZED', 'an API key is needed');
      const found = find(current(), digestOf(key));
      if (found === undefined) throw new HyperdashError('UNAUTHORIZED', 'the API key is not known');
      if (nowMs() >= found.expiresMs) throw new HyperdashError('UNAUTHORIZED', 'the API key has expired');
      digests.set(found.principal, found.digest);
      return found.principal;
    },
    stillHolds(principal) {
      const digest = digests.get(principal);
      const key = digest && current().find((each) => each.digest.equals(digest));
      return key !== undefined && isSame(key.principal, principal) && nowMs() < key.expiresMs;
    },
  };
}

/** Compares with every key, so that the time taken tells nothing. */
function find(keys: readonly KnownKey[], digest: Buffer): KnownKey | undefined {
  let found: KnownKey | undefined;
  for (const key of keys) if (timingSafeEqual(key.digest, digest)) found = key;
  return found;
}

function known({ name, scopes, sha256, expires, host_prefix = '', metric_prefix = '' }: KeyRecord): KnownKey {
  return {
    digest: Buffer.from(sha256, 'hex'),
    expiresMs: expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires),
    principal: { name, scopes, hostPrefix: host_prefix, metricPrefix: metric_prefix },
  };
}

function isSame(one: Principal, other: Principal): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Changes with the content: a rename gives another inode, a write another time. */
function versionOf(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && [stats.ino, stats.mtimeNs, stats.size].join();
}
