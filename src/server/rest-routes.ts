import type { AnyProcedure } from '@trpc/server';
import { z } from 'zod';
import { appRouter } from '../api/router.ts';
import { type Meta, scopeOf } from '../api/trpc.ts';
import type { Scope } from '../domain/principal.ts';

/** A procedure of the router as REST offers it. */
export interface RestRoute {
  /** The procedure's name: also the operation's in OpenAPI. */
  readonly name: keyof typeof appRouter._def.procedures;
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly scope: Scope;
  readonly rest: Meta['rest'];
  /** Undefined where the procedure takes no input. */
  readonly input: z.core.$ZodType | undefined;
  /** The fields of the input that the path names in braces. */
  readonly inPath: z.ZodObject;
  /** The fields that the query may hold: none of a POST. */
  readonly inQuery: z.ZodObject;
  /** The fields that headers carry, by their names. */
  readonly inHeaders: z.ZodObject;
  /** The answer, or an event of a subscription. */
  readonly output: z.core.$ZodType | undefined;
}

/** What tRPC keeps of a procedure, which its types leave out. */
interface ProcedureDefinition {
  readonly type: RestRoute['kind'];
  readonly meta?: Meta;
  readonly inputs: readonly z.core.$ZodType[];
  readonly output?: z.core.$ZodType;
}

/** Every procedure that says where it stands in REST, in the router's order. */
export function restRoutes(): RestRoute[] {
  const procedures = Object.entries<AnyProcedure>(appRouter._def.procedures);
  return procedures.flatMap(([name, procedure]) => {
    const definition = procedure._def as unknown as ProcedureDefinition;
    const { type, meta, inputs, output } = definition;
    if (meta === undefined) return [];
    const [input] = inputs;
    const { path, method, event, headers = {} } = meta.rest;
    const shape = (input as z.ZodObject | undefined)?.shape ?? {};
    const pathFields = Array.from(path.matchAll(/\{(\w+)\}/g), ([, field]) => field!);
    const elsewhere = [...pathFields, ...Object.values(headers)];
    const queryFields = Object.keys(shape).filter((field) => method === 'GET' && !elsewhere.includes(field));
    return {
      name: name as RestRoute['name'],
      kind: type,
      scope: scopeOf(meta),
      rest: meta.rest,
      input,
      inPath: objectOf(shape, named(pathFields)),
      inQuery: objectOf(shape, named(queryFields)),
      inHeaders: objectOf(shape, headers),
      output: output ?? event,
    };
  });
}

/** Another object of the same fields under names of its own, so that the contract's object stays as it is. */
function objectOf(shape: z.ZodRawShape, fields: Readonly<Record<string, string>>): z.ZodObject {
  return z.object(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, shape[field]!])));
}

function named(fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field, field]));
}
