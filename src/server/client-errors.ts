import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { badField } from '../errors.ts';
import { HttpProblem, PROBLEM_MEDIA_TYPE, problemOf } from './problem.ts';
import type { ProblemCode } from './problem-types.ts';

/** What Node's parser calls the faults that are not simply bad requests. */
const CODES: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'PAYLOAD_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'TIMEOUT',
};

/** Answers, with a problem as anywhere, what Node refuses to read as HTTP: the socket has no request yet. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = CODES[error.code ?? ''] ?? 'BAD_REQUEST';
  const problem = problemOf(new HttpProblem(code, `the request cannot be read: ${error.code}`), '');
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Cache-Control: no-store',
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

/** Answers an `Expect` that is not 100-continue, which Node would refuse without a word. */
export function answerExpectations(server: FastifyInstance): void {
  server.server.on('checkExpectation', (request, response) => {
    const problem = problemOf(
      new HttpProblem('EXPECTATION_FAILED', 'only 100-continue can be expected'),
      request.url ?? '',
    );
    response.writeHead(problem.status, { 'content-type': PROBLEM_MEDIA_TYPE, 'cache-control': 'no-store' });
    response.end(JSON.stringify(problem));
  });
}

/**
 * RFC 9112 §3.2: an HTTP/1.1 request without a `Host` is a bad one. Node would say so without a body, so its own check
 * is off. An `onRequest` hook.
 * @throws HyperdashError BAD_REQUEST
 */
export async function requireHost({ raw }: FastifyRequest): Promise<void> {
  if (raw.httpVersion === '1.1' && raw.headers.host === undefined) throw badField('host', 'is missing');
}
