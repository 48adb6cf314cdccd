import { fastify } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import type { Principal } from '../../src/domain/principal.ts';
import { OPEN_ACCESS } from '../../src/server/access.ts';
import { registerAdmission } from '../../src/server/admission.ts';
import { sendProblem } from '../../src/server/problem.ts';

const PER_MINUTE = 3;
const server = fastify();
afterEach(() => server.close());

const named = (name: string): Principal => ({ name, scopes: ['admin'], hostPrefix: '', metricPrefix: '' });

test('counts each address and each key; writers are told to come again, others that it is too much', async () => {
  server.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
  await registerAdmission(server, {
    access: { ...OPEN_ACCESS, open: false, authorize: (key = 'none') => named(key) },
    origins: { allowed: [], localOnly: false },
    requestsPerMinute: PER_MINUTE,
  });
  server.get('/read', { config: { scope: 'read' } }, async () => 'read');
  server.post('/write', { config: { scope: 'write' } }, async () => 'written');
  const ask = async (method: 'GET' | 'POST', url: string, key: string, remoteAddress: string) => {
    const headers = { authorization: `Bearer ${key}` };
    const { statusCode, headers: answered } = await server.inject({ method, url, headers, remoteAddress });
    return [statusCode, answered['retry-after'] !== undefined];
  };
  for (let n = 0; n < PER_MINUTE; n++) {
    expect(await ask('GET', '/read', 'one', '10.0.0.1')).toEqual([200, false]);
  }
  // The address has had its share, whichever the key; the key has, whichever the address.
  expect(await ask('GET', '/read', 'two', '10.0.0.1')).toEqual([429, true]);
  expect(await ask('GET', '/read', 'one', '10.0.0.2')).toEqual([429, true]);
  expect(await ask('POST', '/write', 'one', '10.0.0.2')).toEqual([503, true]);
  expect(await ask('GET', '/read', 'two', '10.0.0.3')).toEqual([200, false]);
});
