import { IngestAnswer, IngestInput } from '../contract/ingest.ts';
import { procedure } from './trpc.ts';

/** Stores samples; answers once they are committed. */
export const ingest = procedure
  .meta({
    scope: 'write',
    keepsWithin: true,
    rest: { method: 'POST', path: '/api/metrics', summary: 'Store samples' },
  })
  .input(IngestInput)
  .output(IngestAnswer)
  .mutation(({ ctx, input }) => ctx.ingest.ingest(input.samples, ctx.principal));
