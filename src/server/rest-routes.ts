import type { AnyProcedure } from '@trpc/server';
import type { z } from 'zod';
import { appRouter } from '../api/router.ts';
import type { Meta } from '../api/trpc.ts';

/** A procedure of the router as REST offers it. */
export interface RestRoute {
  /** The procedure's name: also the operation's in OpenAPI. */
  readonly name: keyof typeof appRouter._def.procedures;
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly rest: Meta['rest'];
  /** Fields of the input; none where the procedure takes no input. */
  readonly fields: z.core.$ZodShape;
  readonly input: z.core.$ZodType | undefined;
  /** The answer, or an event of a subscription. */
  readonly output: z.core.$ZodType | undefined;
  /** Names in the path's braces: the fields that do not come from the query. */
  readonly pathFields: readonly string[];
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
    return {
      name: name as RestRoute['name'],
      kind: type,
      rest: meta.rest,
      fields: (input as z.core.$ZodObject | undefined)?._zod.def.shape ?? {},
      input,
      output: output ?? meta.rest.event,
      pathFields: Array.from(meta.rest.path.matchAll(/\{(\w+)\}/g), ([, field]) => field!),
    };
  });
}
