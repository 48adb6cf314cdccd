import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKey, revokeKey } from '../../src/cli/key.ts';
import { type Access, accessByKeys } from '../../src/server/access.ts';

const SECOND_MS = 1_000;
const UNAUTHORIZED = expect.objectContaining({ code: 'UNAUTHORIZED' });

let directory: string;
let path: string;
let nowMs: number;
let errors: unknown[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hyperdash-keys-'));
  path = join(directory, 'keys.json');
  nowMs = Date.UTC(2026, 0, 1);
  errors = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

const make = (name: string, flags: { expires?: string; hostPrefix?: string } = {}) =>
  createKey(path, name, { scope: ['read'], ...flags }, nowMs);
const open = (): Access => accessByKeys({ path, nowMs: () => nowMs, onError: (error) => errors.push(error) });
const later = (ms: number) => {
  nowMs += ms;
};

describe('access by keys', () => {
  it('knows whose key it is, and nobody else', () => {
    const key = make('reader', { hostPrefix: 'web-' });
    make('other');
    const access = open();
    expect(access.authorize(key)).toEqual({
      name: 'reader',
      scopes: ['read'],
      hostPrefix: 'web-',
      metricPrefix: '',
    });
    for (const wrong of [undefined, '', 'reader', key.slice(0, -1), `${key}x`, key.toUpperCase()]) {
      expect(() => access.authorize(wrong)).toThrow(UNAUTHORIZED);
    }
  });

  it('lets a key in until it expires', () => {
    const key = make('short', { expires: '1h' });
    const access = open();
    const principal = access.authorize(key);
    later(3_599 * SECOND_MS);
    expect(access.stillHolds(principal)).toBe(true);
    later(SECOND_MS);
    expect(access.stillHolds(principal)).toBe(false);
    expect(() => access.authorize(key)).toThrow(UNAUTHORIZED);
  });

  it('takes note of keys made and revoked while it runs', () => {
    const first = make('first');
    const access = open();
    const principal = access.authorize(first);
    const second = make('second');
    revokeKey(path, 'first');
    later(SECOND_MS);
    expect(access.authorize(second).name).toBe('second');
    expect(() => access.authorize(first)).toThrow(UNAUTHORIZED);
    expect(access.stillHolds(principal)).toBe(false);
  });

  it('does not take a new key of the same name for the old one', () => {
    const old = make('reader');
    const access = open();
    const principal = access.authorize(old);
    revokeKey(path, 'reader');
    make('reader');
    later(SECOND_MS);
    expect(access.stillHolds(principal)).toBe(false);
    expect(() => access.authorize(old)).toThrow(UNAUTHORIZED);
  });

  it('keeps the keys it has while the file cannot be read, and says so once', () => {
    const key = make('reader');
    const access = open();
    for (const content of ['{"keys": [', '{"keys": [{"name": "x", "secret": "SECRET"}]}']) {
      writeFileSync(path, content);
      later(SECOND_MS);
      expect(access.authorize(key).name).toBe('reader');
      later(SECOND_MS);
      expect(access.authorize(key).name).toBe('reader');
    }
    renameSync(path, `${path}.away`);
    later(SECOND_MS);
    expect(access.authorize(key).name).toBe('reader');
    expect(errors).toHaveLength(3);
    expect(String(errors)).not.toContain('SECRET');
  });

  it('refuses to start without its file', () => {
    expect(open).toThrow(/keys\.json cannot be read/);
  });
});
