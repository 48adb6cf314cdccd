import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import type { Services } from '../api/context.ts';
import type { Live } from '../live/live.ts';
import { type AdmissionRules, openToAll, registerAdmission } from './admission.ts';
import { dashboardPlugin } from './dashboard.ts';
import { docsPlugin } from './docs.ts';
import { boundDraining } from './drain.ts';
import { errorPagesPlugin } from './error-pages.ts';
import { healthPlugin, type NotReady } from './health.ts';
import { MANNERED, registerManners } from './http-manners.ts';
import { registerIngestDoors } from './ingest-doors.ts';
import type { IngestTarget } from './ingest-target.ts';
import type { ConnectionLimits } from './live-connections.ts';
import { openLiveDoors } from './live-doors.ts';
import { type Metrics, measureRequests, metricsPlugin } from './metrics.ts';
import { HttpProblem, sendProblem } from './problem.ts';
import { restPlugin } from './rest.ts';
import { registerSecurityHeaders } from './security-headers.ts';
import { trpcPlugin } from './trpc.ts';

const BODY_MAX_BYTES = 32 * 1024 * 1024;
/** A whole request has to come within this. */
const REQUEST_TIMEOUT_MS = 60_000;
/** A tRPC batch names its procedures in the path. */
const PARAMETER_MAX_LENGTH = 5000;

/** What the server needs besides the procedures' own context. */
export interface HttpServerParts {
  readonly services: Services;
  readonly ingest: IngestTarget;
  readonly live: Live;
  readonly connectionLimits?: Partial<ConnectionLimits> | undefined;
  readonly logger: FastifyBaseLogger;
  readonly admission: AdmissionRules;
  readonly metrics: Metrics;
  /** Addresses of proxies whose word on a client's address is taken. */
  readonly trustedProxies: readonly string[];
  /** Says what is missing before the program can serve; empty where it is ready. */
  readonly notReady: NotReady;
}

/** Every door over HTTP, not yet listening: tRPC, REST and its documents, health and the page. */
export async function createHttpServer({
  services,
  ingest,
  live,
  connectionLimits,
  logger,
  admission,
  metrics,
  trustedProxies,
  notReady,
}: HttpServerParts): Promise<FastifyInstance> {
  const server = fastify({
    ...MANNERED,
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_MAX_BYTES,
    routerOptions: { maxParamLength: PARAMETER_MAX_LENGTH },
    forceCloseConnections: 'idle',
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: [...trustedProxies],
  });
  boundDraining(server);
  measureRequests(server, metrics);
  registerSecurityHeaders(server);
  await registerManners(server, admission.origins.allowed);
  await registerAdmission(server, admission);
  server.setNotFoundHandler((request, reply) => {
    sendProblem(reply, new HttpProblem('NOT_FOUND', `nothing at ${request.url.split('?', 1)[0]}`));
  });
  // First, as it teaches the other plugins NDJSON.
  await registerIngestDoors(server, ingest);
  openLiveDoors(server, { services, live, admission, limits: connectionLimits });
  await server.register(trpcPlugin, { services });
  await server.register(restPlugin, { services });
  await server.register(openToAll(docsPlugin));
  await server.register(openToAll(errorPagesPlugin));
  await server.register(metricsPlugin, { metrics });
  await server.register(openToAll(healthPlugin), { notReady });
  await server.register(openToAll(dashboardPlugin));
  return server;
}
