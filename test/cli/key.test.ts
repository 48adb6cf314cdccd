import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKey, listKeys, revokeKey } from '../../src/cli/key.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const READ = { scope: ['read'] };

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hyperdash-keys-'));
  path = join(directory, 'keys.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

test('keeps the digest of a key, never the key, in a file of its owner alone', () => {
  const key = createKey(path, 'grafana', READ, NOW_MS);
  expect(Buffer.from(key.slice(3), 'base64url')).toHaveLength(32);
  const text = readFileSync(path, 'utf8');
  expect(text).not.toContain(key.slice(3));
  expect(JSON.parse(text).keys[0].sha256).toBe(createHash('sha256').update(key).digest('hex'));
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('lists what keys are for and until when, and takes them away by name', () => {
  createKey(path, 'agents', { scope: ['write'], expires: '90d', hostPrefix: 'web-' }, NOW_MS);
  createKey(path, 'admin', { scope: ['read', 'admin'], metricPrefix: 'cpu_' }, NOW_MS);
  expect(listKeys(path, NOW_MS)).toEqual([
    'agents\twrite\texpires 2026-04-01T00:00:00.000Z\thosts web-…',
    'admin\tread+admin\tnever expires\tmetrics cpu_…',
  ]);
  expect(listKeys(path, Date.UTC(2026, 6))[0]).toContain('expired');
  revokeKey(path, 'agents');
  expect(listKeys(path, NOW_MS)).toHaveLength(1);
  expect(() => revokeKey(path, 'agents')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
});

test('refuses a name that is taken, and what is no name, scope or duration; the file stays as it was', () => {
  createKey(path, 'one', READ, NOW_MS);
  const before = readFileSync(path, 'utf8');
  expect(() => createKey(path, 'one', READ, NOW_MS)).toThrow(expect.objectContaining({ code: 'CONFLICT' }));
  expect(() => createKey(path, 'a b', READ, NOW_MS)).toThrow(/name/);
  expect(() => createKey(path, 'two', { scope: ['root'] }, NOW_MS)).toThrow(/scope/);
  expect(() => createKey(path, 'two', { ...READ, expires: 'soon' }, NOW_MS)).toThrow(/expires/);
  expect(readFileSync(path, 'utf8')).toBe(before);
  expect(existsSync(`${path}.next`)).toBe(false);
});

test('waits for nobody: a change while another is under way is refused', () => {
  writeFileSync(`${path}.next`, '');
  expect(() => createKey(path, 'one', READ, NOW_MS)).toThrow(expect.objectContaining({ code: 'CONFLICT' }));
  expect(existsSync(path)).toBe(false);
});
