import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HyperdashError } from '../errors.ts';
import type { Receipt } from '../ingest/ingest.ts';
import { otlpAnswer, otlpStatus } from '../ingest/protocols/otlp-answer.ts';
import { decodeOtlpJson } from '../ingest/protocols/otlp-json.ts';
import { decodeOtlpProtobuf } from '../ingest/protocols/otlp-protobuf.ts';
import { answerErrors, rejectionMessage } from './ingest-doors-answer.ts';
import { mediaTypeOf, plainBodyOf } from './ingest-doors-request.ts';
import type { IngestTarget } from './ingest-target.ts';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

/**
 * `POST /v1/metrics`: OTLP/HTTP in protobuf or JSON, answered in the same. 200 once all is committed, with
 * `partial_success` where some data points can never be stored, the others being kept.
 */
export function otlpDoor(scope: FastifyInstance, ingest: IngestTarget): void {
  answerErrors(scope, (reply, _status, message) => {
    if (mediaTypeOf(reply.request) === JSON_TYPE) reply.send({ message });
    else reply.type(PROTOBUF).send(otlpStatus(message));
  });
  scope.post('/v1/metrics', async (request, reply) => {
    const isJson = isJsonRequest(request);
    const body = plainBodyOf(request);
    const { principal } = request;
    const receipt = isJson
      ? await ingest.receive('otlp_json', (context) => decodeOtlpJson(body, context), principal)
      : await ingest.receive('otlp_protobuf', (context) => decodeOtlpProtobuf(body, context), principal);
    return answer(reply, receipt, isJson);
  });
}

function answer(reply: FastifyReply, receipt: Receipt, isJson: boolean): FastifyReply {
  // A histogram is one data point and several samples.
  const rejectedPoints = new Set(receipt.rejections.map(({ index }) => index)).size;
  const message = rejectionMessage(receipt, 'data point') ?? '';
  if (!isJson) return reply.type(PROTOBUF).send(otlpAnswer(rejectedPoints, message));
  if (rejectedPoints === 0) return reply.send({});
  return reply.send({
    partialSuccess: { rejectedDataPoints: String(rejectedPoints), errorMessage: message },
  });
}

/** @throws HyperdashError UNSUPPORTED_MEDIA_TYPE for anything but protobuf and JSON */
function isJsonRequest(request: FastifyRequest): boolean {
  const type = mediaTypeOf(request);
  if (type === JSON_TYPE) return true;
  if (type === PROTOBUF) return false;
  throw new HyperdashError('UNSUPPORTED_MEDIA_TYPE', `content-type: is neither ${PROTOBUF} nor ${JSON_TYPE}`);
}
