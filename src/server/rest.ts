import type { AnyProcedure } from '@trpc/server';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Context } from '../api/context.ts';
import { appRouter, createCaller } from '../api/router.ts';
import type { Meta } from '../api/trpc.ts';
import { badField } from '../errors.ts';
import { fromWire, type WireFields } from './wire.ts';

/** Registers a route for every procedure of the router, as its `meta.rest` says. */
export function registerRest(server: FastifyInstance, context: Context): void {
  for (const [name, procedure] of Object.entries<AnyProcedure>(appRouter._def.procedures)) {
    const meta = procedure._def.meta as Meta | undefined;
    if (meta === undefined) continue;
    const schema = inputOf(procedure);
    server.route({
      method: meta.rest.method,
      url: meta.rest.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply) => {
        const gone = new AbortController();
        reply.raw.once('close', () => {
          if (!reply.raw.writableEnded) gone.abort();
        });
        const caller = createCaller(context, { signal: gone.signal });
        const call = caller[name as keyof typeof caller] as (input: unknown) => Promise<unknown>;
        return call(inputFrom(request, schema));
      },
    });
  }
}

function inputOf(procedure: AnyProcedure): z.core.$ZodType | undefined {
  return (procedure._def as unknown as { inputs: z.core.$ZodType[] }).inputs[0];
}

function inputFrom(request: FastifyRequest, schema: z.core.$ZodType | undefined): unknown {
  if (request.method === 'POST') return request.body;
  const query = request.query as WireFields;
  if (schema === undefined) {
    const [unknown] = Object.keys(query);
    if (unknown !== undefined) throw badField(unknown, 'is not a known field');
    return undefined;
  }
  return { ...fromWire(schema, query), ...(request.params as Record<string, string>) };
}
