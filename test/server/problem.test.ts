import { connect } from 'node:net';
import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { fastify } from 'fastify';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Problem } from '../../src/contract/problem.ts';
import { type ErrorCode, HyperdashError } from '../../src/errors.ts';
import { errorPagesPlugin } from '../../src/server/error-pages.ts';
import { MANNERED, registerManners } from '../../src/server/http-manners.ts';
import { PROBLEM_TYPES } from '../../src/server/problem-types.ts';

async function answerTo(error: unknown) {
  const server = fastify(MANNERED);
  await registerManners(server, []);
  server.get('/broken', () => {
    throw error;
  });
  return server.inject('/broken');
}

describe('a problem', () => {
  test('of an error that was not foreseen says nothing of it', async () => {
    for (const error of [
      new Error('secret'),
      Object.assign(new Error('secret'), { statusCode: 500 }),
      new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: z.number().safeParse('secret').error }),
      'secret',
    ]) {
      const { statusCode, body, headers } = await answerTo(error);
      expect(statusCode).toBe(500);
      expect(headers['content-type']).toMatch('application/problem+json');
      expect(body).not.toContain('secret');
      expect(JSON.parse(body).errors).toEqual([]);
      expect(Problem.parse(JSON.parse(body))).toMatchObject({ type: '/errors/internal-server-error' });
    }
  });

  test('of an overload or a failing database says when to come back', async () => {
    const { statusCode, headers } = await answerTo(
      new HyperdashError('SERVICE_UNAVAILABLE', 'too much is pending'),
    );
    expect(statusCode).toBe(503);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });

  test('answers what still arrives while the server closes', async () => {
    const server = fastify(MANNERED);
    await registerManners(server, []);
    const begun = Promise.withResolvers<void>();
    const closing = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    server.addHook('preClose', async () => closing.resolve());
    server.get('/slow', async () => {
      begun.resolve();
      await finish.promise;
      return 'done';
    });
    const { port, hostname } = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
    const socket = connect(Number(port), hostname);
    const request = 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n';
    socket.write(request);
    await begun.promise;
    const closed = server.close();
    await closing.promise;
    server.server.once('request', () => finish.resolve());
    socket.write(request);
    const answers = Buffer.concat(await socket.toArray()).toString();
    await closed;
    expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503']);
    expect(answers).toMatch(/retry-after: \d+/i);
    expect(answers).toContain('"type":"/errors/service-unavailable"');
  });

  test('is never kept by a cache', async () => {
    const { headers } = await answerTo(new HyperdashError('NOT_FOUND', 'no samples'));
    expect(headers['cache-control']).toBe('no-store');
  });

  test('has the status that tRPC gives its code', () => {
    for (const [code, { status }] of Object.entries(PROBLEM_TYPES)) {
      if (!(code in TRPC_ERROR_CODES_BY_KEY)) continue;
      expect(getHTTPStatusCodeFromError(new TRPCError({ code: code as ErrorCode })), code).toBe(status);
    }
  });

  test('has a page that its type leads to', async () => {
    const server = fastify(MANNERED);
    await server.register(errorPagesPlugin);
    const problem = Problem.parse((await answerTo(new HyperdashError('CONFLICT', 'is held'))).json());
    const { statusCode, body } = await server.inject(problem.type);
    expect(statusCode).toBe(200);
    expect(body).toContain(PROBLEM_TYPES.CONFLICT.title);
    const list = await server.inject('/errors');
    expect(list.body.match(/href="\/errors\/[a-z-]+"/g)).toHaveLength(Object.keys(PROBLEM_TYPES).length);
  });
});
