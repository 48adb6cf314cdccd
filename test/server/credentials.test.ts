import { expect, test } from 'vitest';
import { keyInHeader, keyInParams, keyInUrl } from '../../src/server/credentials.ts';

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

test('finds the key in every form that clients send', () => {
  expect(keyInHeader({ authorization: 'Bearer k' })).toBe('k');
  expect(keyInHeader({ authorization: 'bearer  k' })).toBe('k');
  expect(keyInHeader({ authorization: 'Token k' })).toBe('k');
  expect(keyInHeader(basic('prometheus:k'))).toBe('k');
  expect(keyInHeader(basic('k:'))).toBe('k');
  expect(keyInHeader(basic('user:k:with:colons'))).toBe('k:with:colons');
  expect(keyInHeader({})).toBeUndefined();
  expect(keyInUrl('/ws/metrics/m?host=a&api_key=k%2B')).toBe('k+');
  expect(keyInUrl(`/trpc/live?connectionParams=${encodeURIComponent('{"apiKey":"k"}')}`)).toBe('k');
  expect(keyInParams({ authorization: 'Bearer k' })).toBe('k');
});

test('takes nothing else for a key', () => {
  for (const authorization of ['k', 'Digest x', 'Bearer', 'Bearer a b', '', `Bearer ${'k'.repeat(600)}`]) {
    expect(() => keyInHeader({ authorization })).toThrow(expect.objectContaining({ code: 'UNAUTHORIZED' }));
  }
  for (const url of ['/x', '/x?', '/x?connectionParams=%7B', '/x?connectionParams=null', '/x?api=k']) {
    expect(keyInUrl(url)).toBeUndefined();
  }
  for (const params of [null, 7, 'k', [], { apiKey: 7 }, { authorization: {} }]) {
    expect(keyInParams(params)).toBeUndefined();
  }
});
