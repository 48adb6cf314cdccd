import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** Says what is wrong with an answer by the document; undefined where nothing is. */
export type CheckAnswer = (answer: CheckedAnswer) => string | undefined;

/** One answer, and the operation that it answers. */
export interface CheckedAnswer {
  /** As the document has it; undefined where no path of it was asked for. */
  readonly path: string | undefined;
  readonly method: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A checker of answers by the schemas of an OpenAPI 3.1 document. */
export function answerChecker(document: OpenApi): CheckAnswer {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema(document, 'openapi');
  const validators = new Map<string, ValidateFunction>();
  const validatorOf = (pointer: string): ValidateFunction => {
    const known = validators.get(pointer) ?? ajv.compile({ $ref: `openapi#${pointer}` });
    validators.set(pointer, known);
    return known;
  };
  return ({ path, method, status, contentType, body }) => {
    if (body === '') return status < 400 || method === 'HEAD' ? undefined : 'a problem without a body';
    const mediaType = contentType.split(';', 1)[0]!;
    const pointer = schemaPointer(document, path, method, status, mediaType);
    if (pointer === undefined) return `${status} ${mediaType} is not in the document`;
    const validate = validatorOf(pointer);
    const parsed: unknown = JSON.parse(body);
    if (!validate(parsed)) return ajv.errorsText(validate.errors);
    if (status >= 400 && (parsed as { status?: number }).status !== status) return 'the status is another';
    return undefined;
  };
}

/** As much of a document as is looked into here. */
export interface OpenApi {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { responses: Readonly<Record<string, Answer>> }>>>
  >;
  readonly components: { readonly responses: Readonly<Record<string, Answer>> };
}

type Answer = { readonly $ref?: string; readonly content?: Readonly<Record<string, unknown>> };

function schemaPointer(
  document: OpenApi,
  path: string | undefined,
  method: string,
  status: number,
  mediaType: string,
): string | undefined {
  const operation = path === undefined ? undefined : document.paths[path]?.[method.toLowerCase()];
  // No operation stands for a path or a method that there is not, so its problem is checked by the shared schema.
  if (operation === undefined) return status >= 400 ? '/components/schemas/Problem' : undefined;
  const answer = operation.responses[status];
  if (answer === undefined) return undefined;
  const base =
    answer.$ref?.slice(1) ?? `/paths/${escaped(path!)}/${method.toLowerCase()}/responses/${status}`;
  const content = answer.$ref
    ? document.components.responses[answer.$ref.split('/').at(-1)!]?.content
    : answer.content;
  return content && mediaType in content ? `${base}/content/${escaped(mediaType)}/schema` : undefined;
}

/** RFC 6901, in a URI fragment. */
function escaped(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}
