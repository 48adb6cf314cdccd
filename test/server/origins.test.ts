import { expect, test } from 'vitest';
import { requireOwnOrigin } from '../../src/server/origins.ts';

const LOCAL = { allowed: [], localOnly: true };
const passes = (
  headers: Record<string, string>,
  rules: { allowed: string[]; localOnly: boolean } = LOCAL,
) => {
  try {
    requireOwnOrigin(headers, rules);
    return true;
  } catch {
    return false;
  }
};

test('takes this machine by its own names alone, so that no name pointed at it gets in', () => {
  for (const host of [
    'localhost',
    'localhost:8000',
    '127.0.0.1:8000',
    '127.8.0.1',
    '[::1]:8000',
    'app.localhost',
    'LOCALHOST:1',
  ])
    expect([host, passes({ host })]).toEqual([host, true]);
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example:8000',
    '0.0.0.0',
    '10.0.0.1',
    'notlocalhost',
    '',
    ':8000',
  ])
    expect([host, passes({ host })]).toEqual([host, false]);
  expect(passes({ host: 'dash.example' }, { allowed: ['https://dash.example'], localOnly: true })).toBe(true);
  expect(passes({ host: 'dash.example' }, { allowed: [], localOnly: false })).toBe(true);
});

test('takes pages of its own origin and of those allowed', () => {
  const host = 'localhost:8000';
  for (const origin of ['http://localhost:8000', 'https://localhost:8000'])
    expect(passes({ host, origin })).toBe(true);
  for (const origin of [
    'http://localhost:3000',
    'http://localhost',
    'null',
    '',
    'http://evil.example',
    'file://',
    'http://localhost:8000.evil.example',
  ])
    expect([origin, passes({ host, origin })]).toEqual([origin, false]);
  const allowed = ['http://localhost:3000'];
  expect(passes({ host, origin: 'http://localhost:3000' }, { allowed, localOnly: true })).toBe(true);
  expect(passes({ host, origin: 'http://localhost:3001' }, { allowed, localOnly: true })).toBe(false);
  expect(passes({ host, origin: 'http://any.example' }, { allowed: ['*'], localOnly: true })).toBe(true);
});
