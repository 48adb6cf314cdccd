import { parseDuration } from '../config.ts';
import { SCOPES, type Scope } from '../domain/principal.ts';
import { badField, HyperdashError } from '../errors.ts';
import { changeKeyFile, digestOf, type KeyRecord, newKey, readKeyFile } from '../server/key-file.ts';

/** What a key is to be, as given on the command line. */
export interface NewKeyFlags {
  readonly scope: readonly string[];
  /** A duration from now, such as 90d. */
  readonly expires?: string;
  readonly hostPrefix?: string;
  readonly metricPrefix?: string;
}

/**
 * Makes a key and keeps its digest.
 * @returns the key, which can be had at no other time
 * @throws HyperdashError BAD_REQUEST for a bad flag or file, CONFLICT where the name is taken
 */
export function createKey(path: string, name: string, flags: NewKeyFlags, nowMs: number): string {
  const key = newKey();
  const record: KeyRecord = {
    name,
    scopes: flags.scope.map(scopeOf),
    sha256: digestOf(key).toString('hex'),
    created: new Date(nowMs).toISOString(),
    ...(flags.expires !== undefined && { expires: expiryOf(flags.expires, nowMs) }),
    ...(flags.hostPrefix && { host_prefix: flags.hostPrefix }),
    ...(flags.metricPrefix && { metric_prefix: flags.metricPrefix }),
  };
  changeKeyFile(path, (keys) => {
    if (keys.some((each) => each.name === name)) {
      throw new HyperdashError('CONFLICT', `there is a key named ${name}: revoke it first`);
    }
    return [...keys, record];
  });
  return key;
}

/** Every key, a line each. @throws HyperdashError BAD_REQUEST where the file cannot be read */
export function listKeys(path: string, nowMs: number): string[] {
  return readKeyFile(path, 'empty').map(({ name, scopes, expires, host_prefix, metric_prefix }) =>
    [
      name,
      scopes.join('+'),
      expires === undefined
        ? 'never expires'
        : `${Date.parse(expires) <= nowMs ? 'expired' : 'expires'} ${expires}`,
      host_prefix && `hosts ${host_prefix}…`,
      metric_prefix && `metrics ${metric_prefix}…`,
    ]
      .filter(Boolean)
      .join('\t'),
  );
}

/** Takes a key away. @throws HyperdashError NOT_FOUND */
export function revokeKey(path: string, name: string): void {
  changeKeyFile(path, (keys) => {
    const kept = keys.filter((each) => each.name !== name);
    if (kept.length === keys.length) throw new HyperdashError('NOT_FOUND', `there is no key named ${name}`);
    return kept;
  });
}

function scopeOf(word: string): Scope {
  const scope = SCOPES.find((each) => each === word);
  if (scope === undefined) throw badField('scope', `must be one of ${SCOPES.join(', ')}`);
  return scope;
}

function expiryOf(text: string, nowMs: number): string {
  const durationMs = parseDuration(text);
  if (durationMs === undefined) throw badField('expires', 'must be a duration such as 90d');
  return new Date(nowMs + durationMs).toISOString();
}
