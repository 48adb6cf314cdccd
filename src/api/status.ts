import { StatusAnswer } from '../contract/status.ts';
import { procedure } from './trpc.ts';

/** What the program is and how its store is doing. */
export const status = procedure
  .meta({
    keepsWithin: true,
    rest: { method: 'GET', path: '/api/status', summary: 'Status of the program and its store' },
  })
  .output(StatusAnswer)
  .query(({ ctx }) => ctx.status());
