import protobuf from 'protobufjs/minimal.js';

const RESPONSE = { partialSuccess: 0x0a };
const PARTIAL_SUCCESS = { rejectedDataPoints: 0x08, errorMessage: 0x12 };
const STATUS = { message: 0x12 };

/** An `ExportMetricsServiceResponse`; with `partial_success` where data points were rejected. */
export function otlpAnswer(rejectedPoints: number, message: string): Buffer {
  const writer = protobuf.Writer.create();
  if (rejectedPoints > 0) {
    writer.uint32(RESPONSE.partialSuccess).fork();
    writer.uint32(PARTIAL_SUCCESS.rejectedDataPoints).int64(rejectedPoints);
    writer.uint32(PARTIAL_SUCCESS.errorMessage).string(message).ldelim();
  }
  return Buffer.from(writer.finish());
}

/** A `google.rpc.Status` with a message for developers, as OTLP answers errors. */
export function otlpStatus(message: string): Buffer {
  return Buffer.from(protobuf.Writer.create().uint32(STATUS.message).string(message).finish());
}
