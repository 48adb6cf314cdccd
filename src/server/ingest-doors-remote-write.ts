import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HyperdashError } from '../errors.ts';
import { decodeRemoteWrite } from '../ingest/protocols/remote-write.ts';
import { decodeRemoteWrite2 } from '../ingest/protocols/remote-write-2.ts';
import { uncompressSnappy } from '../ingest/protocols/snappy.ts';
import { answerErrors, rejectionMessage } from './ingest-doors-answer.ts';
import { bodyOf, mediaTypeOf } from './ingest-doors-request.ts';
import type { IngestTarget } from './ingest-target.ts';

const MESSAGE_2 = 'io.prometheus.write.v2.request';

/**
 * `POST /api/v1/write`: Prometheus remote_write 1.0 and 2.0. 204 once all is committed; 400 where some samples can
 * never be stored, the others being kept, so that none is sent again.
 */
export function remoteWriteDoor(scope: FastifyInstance, ingest: IngestTarget): void {
  answerErrors(scope, (reply, _status, message) => reply.type('text/plain; charset=utf-8').send(message));
  scope.post('/api/v1/write', async (request, reply) => {
    const version = versionOf(request);
    const body = uncompressSnappy(bodyOf(request));
    const { principal } = request;
    const receipt =
      version === 1
        ? await ingest.receive('remote_write', (context) => decodeRemoteWrite(body, context), principal)
        : await ingest.receive('remote_write_2', (context) => decodeRemoteWrite2(body, context), principal);
    if (version === 2) {
      const written = receipt.accepted + receipt.duplicates + receipt.ignored;
      reply.header('x-prometheus-remote-write-samples-written', written);
      reply.header('x-prometheus-remote-write-histograms-written', 0);
      reply.header('x-prometheus-remote-write-exemplars-written', 0);
    }
    const message = rejectionMessage(receipt, 'sample');
    if (message === undefined) return reply.code(204).send();
    return reply.code(400).type('text/plain; charset=utf-8').send(message);
  });
}

/** @throws HyperdashError UNSUPPORTED_MEDIA_TYPE for anything but snappy and the messages of the two versions */
function versionOf(request: FastifyRequest): 1 | 2 {
  const encoding = request.headers['content-encoding'] ?? 'snappy';
  if (encoding !== 'snappy') {
    throw new HyperdashError('UNSUPPORTED_MEDIA_TYPE', `content-encoding: ${encoding} is not snappy`);
  }
  const message = /;\s*proto\s*=\s*"?([\w.]+)/i
    .exec(request.headers['content-type'] ?? '')?.[1]
    ?.toLowerCase();
  if (mediaTypeOf(request) === 'application/x-protobuf') {
    if (message === undefined || message === 'prometheus.writerequest') return 1;
    if (message === MESSAGE_2) return 2;
  }
  throw new HyperdashError('UNSUPPORTED_MEDIA_TYPE', 'content-type: is no message of remote_write');
}
