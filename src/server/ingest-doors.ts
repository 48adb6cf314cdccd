import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseNdjson } from '../ingest/protocols/ndjson.ts';
import { lineProtocolDoor } from './ingest-doors-line-protocol.ts';
import { otlpDoor } from './ingest-doors-otlp.ts';
import { remoteWriteDoor } from './ingest-doors-remote-write.ts';
import { bodyOf } from './ingest-doors-request.ts';
import type { IngestTarget } from './ingest-target.ts';

/**
 * Registers the doors for agents: Prometheus remote_write, OTLP and InfluxDB's line protocol, each with the bodies
 * and answers of its protocol; and NDJSON for `POST /api/metrics`.
 */
export async function registerIngestDoors(server: FastifyInstance, ingest: IngestTarget): Promise<void> {
  server.addContentTypeParser(
    ['application/x-ndjson', 'application/ndjson', 'application/jsonl'],
    { parseAs: 'string' },
    async (_request: FastifyRequest, body: string) => ({ samples: parseNdjson(body) }),
  );
  for (const door of [remoteWriteDoor, otlpDoor, lineProtocolDoor]) {
    await server.register((scope, _options, done) => {
      scope.addHook('onRoute', (route) => {
        route.config = { ...route.config, scope: 'write' };
      });
      readRaw(scope);
      admit(scope, ingest);
      door(scope, ingest);
      done();
    });
  }
}

/** Bodies come as they are, whatever they say to be. */
function readRaw(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    '*',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => body,
  );
}

/** Makes room for each body before it is read; one of unknown length counts as the longest until it has come. */
function admit(scope: FastifyInstance, ingest: IngestTarget): void {
  const longest = scope.initialConfig.bodyLimit ?? 0;
  const releases = new WeakMap<FastifyRequest, () => void>();
  scope.addHook('onRequest', async (request, reply) => {
    const claimed = request.headers['content-length'];
    releases.set(
      request,
      ingest.admitBytes(claimed === undefined ? longest : Math.min(Number(claimed), longest)),
    );
    reply.raw.once('close', () => releases.get(request)?.());
  });
  scope.addHook('preHandler', async (request) => {
    if (request.headers['content-length'] !== undefined) return;
    releases.get(request)?.();
    releases.set(request, ingest.admitBytes(bodyOf(request).length));
  });
}
