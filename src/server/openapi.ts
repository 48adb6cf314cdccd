import { z } from 'zod';
import {
  type CreateDocumentOptions,
  createDocument,
  createSchema,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { HealthAnswer, ReadyAnswer } from '../contract/health.ts';
import { IngestInput, Sample } from '../contract/ingest.ts';
import { MatrixAnswer } from '../contract/matrix.ts';
import { Labels } from '../contract/names.ts';
import { Problem } from '../contract/problem.ts';
import { SeriesAnswer } from '../contract/series.ts';
import { VERSION } from '../version.ts';
import { PROBLEM_MEDIA_TYPE } from './problem.ts';
import { PROBLEM_TYPES, type ProblemCode } from './problem-types.ts';
import { type RestRoute, restRoutes } from './rest-routes.ts';

/** A point of `data` as REST writes it. */
const RestPoint = z
  .object({ time: z.date(), value: z.number().describe('In the unit of the metric') })
  .describe('One point of a chart');

const RestColumn = z.array(z.number().nullable());

/** `data` of a matrix as REST writes it. */
const RestAlignedSeries = z
  .object({
    times: z.array(z.date()).describe('Ascending'),
    series: z.array(
      z.object({
        host: z.string(),
        labels: Labels.describe('Labels of the series; none where a line is a whole host'),
        gap_ms: z.number().describe('Values further apart than this are the edges of a gap, in milliseconds'),
        values: RestColumn.describe('One for each time; null where there is nothing'),
        min: RestColumn.optional().describe('The least of what each value stands for'),
        max: RestColumn.optional().describe('The greatest of what each value stands for'),
      }),
    ),
  })
  .describe('Series that share their times');

/** What any request may be answered with, whatever it asks for. */
const COMMON_PROBLEMS: readonly ProblemCode[] = [
  'BAD_REQUEST',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'NOT_ACCEPTABLE',
  'TIMEOUT',
  'TOO_MANY_REQUESTS',
  'HEADERS_TOO_LARGE',
  'INTERNAL_SERVER_ERROR',
  'SERVICE_UNAVAILABLE',
];
/** Besides, where the path names something, and where there is a body. */
const PATH_PROBLEMS: readonly ProblemCode[] = ['NOT_FOUND', 'URI_TOO_LONG'];
const BODY_PROBLEMS: readonly ProblemCode[] = ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];

const TAGS = [
  { name: 'metrics', description: 'What is stored: ask for it, add to it.' },
  { name: 'operations', description: 'How the server is doing.' },
];

/** The OpenAPI 3.1 document of every REST route, from the schemas of the contract. */
export function openApiDocument(): ReturnType<typeof createDocument> {
  const routes = restRoutes();
  return createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: 'Hyperdash',
        version: VERSION,
        description:
          'Metrics in by batch, out downsampled for a chart. ' +
          'Times are ISO 8601 in UTC; errors are problem details (RFC 9457); unknown query parameters are refused.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'The server that this document comes from' }],
      tags: TAGS,
      security: [{}, { apiKey: [] }],
      paths: { ...pathsOf(routes), ...operationPaths() },
      components: {
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer', description: 'Needed where the server has API keys' },
        },
        schemas: {
          ...answersOf(routes),
          Problem,
          Sample: sampleSchema(),
          Point: RestPoint,
          AlignedSeries: RestAlignedSeries,
        },
        responses: problemResponses(),
      },
    },
    { override: writeAsJson, reused: 'inline' },
  );
}

function pathsOf(routes: readonly RestRoute[]): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    const { path, method } = route.rest;
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(route) };
  }
  return paths;
}

function operationOf(route: RestRoute): ZodOpenApiOperationObject {
  const { name, rest } = route;
  const codes: ProblemCode[] = [...COMMON_PROBLEMS];
  if (rest.path.includes('{')) codes.push(...PATH_PROBLEMS);
  if (rest.method === 'POST') codes.push(...BODY_PROBLEMS);
  return {
    operationId: name,
    summary: rest.summary,
    description: rest.description ?? `${rest.summary}.`,
    tags: [name === 'status' ? 'operations' : 'metrics'],
    ...requestOf(route),
    responses: {
      200: answerOf(route),
      ...(route.kind === 'query' && { 304: { description: 'What If-None-Match names is still the answer' } }),
      ...problemsOf(codes),
    },
  };
}

function requestOf({
  input,
  inPath,
  inQuery,
  inHeaders,
  rest,
}: RestRoute): Partial<ZodOpenApiOperationObject> {
  if (input === undefined) return {};
  if (rest.method === 'GET') return { requestParams: { path: inPath, query: inQuery, header: inHeaders } };
  return { requestBody: { required: true, content: { 'application/json': { schema: input as z.ZodType } } } };
}

function answerOf({ kind, output, rest }: RestRoute): ZodOpenApiResponseObject {
  const schema = output as z.ZodType;
  if (kind === 'subscription') {
    const description =
      'Server-sent events, until the client closes; the data of each is JSON of this schema';
    return { description, content: { 'text/event-stream': { schema } } };
  }
  return {
    description: 'The answer',
    ...(rest.method === 'GET' && { headers: z.object(CACHING_HEADERS) }),
    content: { 'application/json': { schema } },
  };
}

const CACHING_HEADERS = {
  etag: z.string().describe('Names this answer; send it as If-None-Match').optional(),
  'cache-control': z
    .string()
    .describe('max-age where the answer stays true, no-cache where it may not')
    .optional(),
  'server-timing': z.string().describe('Milliseconds of plan, database, downsample and encode').optional(),
};

/** Reads only: `/healthz` says that the process runs, `/readyz` that requests can be served. */
function operationPaths(): ZodOpenApiPathsObject {
  const operation = (operationId: string, summary: string, answer: z.ZodType) => ({
    operationId,
    summary,
    description: `${summary}. Needs no API key.`,
    tags: ['operations'],
    security: [],
    responses: {
      200: { description: 'Yes', content: { 'application/json': { schema: answer } } },
      ...problemsOf(['HEADERS_TOO_LARGE']),
    },
  });
  const ready = operation('ready', 'Whether requests can be served', ReadyAnswer);
  const notYet = { description: 'Not yet', content: { 'application/json': { schema: ReadyAnswer } } };
  return {
    '/healthz': { get: operation('alive', 'Whether the process runs', HealthAnswer) },
    '/readyz': { get: { ...ready, responses: { ...ready.responses, 503: notYet } } },
  };
}

function problemsOf(codes: readonly ProblemCode[]): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    codes.map((code) => [
      PROBLEM_TYPES[code].status,
      { $ref: `#/components/responses/${componentName(code)}` },
    ]),
  );
}

function problemResponses() {
  const codes = [...COMMON_PROBLEMS, ...PATH_PROBLEMS, ...BODY_PROBLEMS];
  return Object.fromEntries(codes.map((code) => [componentName(code), problemResponse(code)]));
}

function problemResponse(code: ProblemCode): ZodOpenApiResponseObject {
  const { meaning, status } = PROBLEM_TYPES[code];
  const headers = z.object({ 'retry-after': z.string().describe('Seconds to wait') });
  return {
    description: meaning,
    ...(status === 503 && { headers }),
    content: { [PROBLEM_MEDIA_TYPE]: { schema: Problem } },
  };
}

/** `NOT_FOUND` as components are named: `NotFound`. */
function componentName(code: string): string {
  return code.toLowerCase().replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** A component of its own, since `ingest` checks samples one by one and so takes anything for one. */
function sampleSchema() {
  return createSchema(Sample, { io: 'input', opts: { override: writeAsJson } }).schema;
}

/** Each answer is a component, by the name of its procedure: `SeriesAnswer`, `LiveEvent`. */
function answersOf(routes: readonly RestRoute[]): Record<string, z.ZodType> {
  const answers = routes.filter(({ output }) => output !== undefined);
  return Object.fromEntries(
    answers.map(({ name, kind, output }) => [
      `${componentName(name)}${kind === 'subscription' ? 'Event' : 'Answer'}`,
      output as z.ZodType,
    ]),
  );
}

/** What the contract has that JSON has not: dates are written as text, points as an array of objects. */
const writeAsJson: NonNullable<CreateDocumentOptions['override']> = ({ zodSchema, jsonSchema }) => {
  if (zodSchema._zod.def.type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' });
  if (zodSchema === SeriesAnswer.shape.data) {
    Object.assign(jsonSchema, { type: 'array', items: { $ref: '#/components/schemas/Point' } });
  }
  if (zodSchema === MatrixAnswer.shape.data) {
    Object.assign(jsonSchema, { $ref: '#/components/schemas/AlignedSeries' });
  }
  if (zodSchema === IngestInput.shape.samples.element) {
    Object.assign(jsonSchema, { $ref: '#/components/schemas/Sample' });
  }
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  // Where a date is one choice of several, its text is another.
  if (zodSchema._zod.def.type === 'union' && jsonSchema.anyOf !== undefined) {
    const { options } = zodSchema._zod.def;
    jsonSchema.anyOf = jsonSchema.anyOf.filter((_, i) => options[i]?._zod.def.type !== 'date');
  }
};
