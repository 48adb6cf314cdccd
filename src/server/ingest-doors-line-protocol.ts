import type { FastifyInstance, FastifyReply } from 'fastify';
import { decodeLineProtocol } from '../ingest/protocols/line-protocol.ts';
import { answerErrors, rejectionMessage } from './ingest-doors-answer.ts';
import { plainBodyOf } from './ingest-doors-request.ts';
import type { IngestTarget } from './ingest-target.ts';

/** What InfluxDB 2 calls a status; any other goes by `invalid` or `internal error`. */
const CODES: Readonly<Record<number, string>> = {
  401: 'unauthorized',
  403: 'forbidden',
  413: 'request too large',
  503: 'unavailable',
};

/**
 * `POST /write` and `POST /api/v2/write`: line protocol as InfluxDB 1 and 2 take it; of the query only `precision`
 * counts. 204 once all is committed; 400 where some lines can never be stored, the others being kept.
 */
export function lineProtocolDoor(scope: FastifyInstance, ingest: IngestTarget): void {
  answerErrors(scope, sendError);
  for (const path of ['/write', '/api/v2/write']) {
    scope.post<{ Querystring: { precision?: string | string[] } }>(path, async (request, reply) => {
      const body = plainBodyOf(request);
      const precision = [request.query.precision].flat().at(-1);
      const receipt = await ingest.receive(
        'line_protocol',
        (context) => decodeLineProtocol(body, precision, context),
        request.principal,
      );
      const message = rejectionMessage(receipt, 'line');
      if (message === undefined) return reply.code(204).send();
      sendError(reply.code(400), 400, message);
      return reply;
    });
  }
}

/** Version 1 of its clients reads `error`, version 2 the others. */
function sendError(reply: FastifyReply, status: number, message: string): void {
  const code = CODES[status] ?? (status < 500 ? 'invalid' : 'internal error');
  reply.send({ code, message, error: message });
}
