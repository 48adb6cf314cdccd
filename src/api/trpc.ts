import { initTRPC, TRPCError } from '@trpc/server';
import { z } from 'zod';
import { fieldErrors } from '../contract/field-errors.ts';
import { serverTransformer } from '../contract/live-wire.ts';
import { isBounded, requireScope, requireSeriesWithin, type Scope } from '../domain/principal.ts';
import { type FieldError, HyperdashError, inOneLine } from '../errors.ts';
import { Timings } from '../query/timings.ts';
import type { Context } from './context.ts';

/** Who may call a procedure; where it stands in REST and what OpenAPI says of it (`server/rest-routes.ts`). */
export interface Meta {
  /** What the caller's key must be good for; `read` unless given. */
  readonly scope?: Scope;
  /** The procedure itself keeps to the caller's hosts and metrics: its input does not name them. */
  readonly keepsWithin?: true;
  readonly rest: {
    readonly method: 'GET' | 'POST';
    /** Names in braces are fields of the input: `/api/metrics/{metric_name}`. */
    readonly path: string;
    readonly summary: string;
    /** More about it than the summary, in Markdown. */
    readonly description?: string;
    /** Fields of a subscription's input that a header carries, by the header's name. */
    readonly headers?: Readonly<Record<string, string>>;
    /** What an event of a subscription holds; other procedures say it by their output. */
    readonly event?: z.ZodType;
    /** How long an answer stays true, in seconds; 0, and so unless given, where the next may be another. */
    readonly freshForSeconds?: (answer: unknown, context: Context) => number;
  };
}

/** Between two signs of life on a subscription over SSE; a client that misses two connects anew. */
const SSE_PING_MS = 15_000;

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    transformer: serverTransformer,
    sse: {
      ping: { enabled: true, intervalMs: SSE_PING_MS },
      client: { reconnectAfterInactivityMs: 2 * SSE_PING_MS },
    },
    errorFormatter: ({ shape, error }) => ({
      code: shape.code,
      message: publicMessage(error),
      data: {
        code: shape.data.code,
        httpStatus: shape.data.httpStatus,
        path: shape.data.path,
        errors: faultyFields(error),
      },
    }),
  });

/** The message that a client may see: what a schema refused, in words; nothing of an error that was not foreseen. */
export function publicMessage(error: TRPCError): string {
  if (error.code === 'INTERNAL_SERVER_ERROR') return 'internal server error';
  if (!(error.cause instanceof z.core.$ZodError)) return error.message;
  return inOneLine(fieldErrors(error.cause));
}

/** The fields of the input that an error names. */
export function faultyFields({ code, cause }: TRPCError): readonly FieldError[] {
  // An answer that its own schema refuses is a fault of ours.
  if (code === 'INTERNAL_SERVER_ERROR') return [];
  if (cause instanceof z.core.$ZodError) return fieldErrors(cause);
  return cause instanceof HyperdashError ? cause.fields : [];
}

/** What a HyperdashError is called in tRPC; any other error as it is. */
const withErrorCodes = t.middleware(async ({ next }) => {
  const result = await next();
  if (!result.ok && result.error.cause instanceof HyperdashError) {
    const { code, message } = result.error.cause;
    throw new TRPCError({ code, message, cause: result.error.cause });
  }
  return result;
});

/** Measures a call, and has it told of. */
const observed = t.middleware(async ({ ctx, path, type, next }) => {
  if (type === 'subscription') return next();
  const startedMs = performance.now();
  const timings = ctx.timings ?? new Timings();
  const result = await next({ ctx: { timings } });
  ctx.observe({
    procedure: path,
    code: result.ok ? 'OK' : result.error.code,
    durationMs: performance.now() - startedMs,
    timings,
    requestId: ctx.requestId,
  });
  return result;
});

/** Lets through who has the scope, and whose hosts and metrics these are. */
const permitted = t.middleware(async ({ ctx: { principal }, meta, getRawInput, next }) => {
  requireScope(principal, scopeOf(meta));
  if (isBounded(principal) && !meta?.keepsWithin) {
    requireSeriesWithin(principal, Object({ ...Object(await getRawInput()) }));
  }
  return next();
});

/** What a caller of a procedure needs. */
export function scopeOf(meta: Meta | undefined): Scope {
  return meta?.scope ?? 'read';
}

export const { router, createCallerFactory } = t;

/** Every procedure starts from this one. */
export const procedure = t.procedure.use(observed).use(withErrorCodes).use(permitted);
