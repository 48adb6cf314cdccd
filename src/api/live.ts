import { TRPCError, tracked } from '@trpc/server';
import { type LiveEvent, LiveInput } from '../contract/live.ts';
import { HyperdashError } from '../errors.ts';
import { procedure } from './trpc.ts';

/** The samples of one metric as they are committed, each with an id to go on from. */
export const live = procedure.input(LiveInput).subscription(async function* ({ ctx, input, signal }) {
  const { connection } = ctx;
  enter(connection);
  try {
    for await (const events of ctx.live.stream(input, signal!)) {
      for (const { id, answer } of events) {
        connection?.outlet.gather();
        yield tracked(id, answer satisfies LiveEvent);
        if (connection?.outlet.full) await connection.outlet.drained();
      }
    }
  } finally {
    connection?.leave();
  }
});

/** What a generator throws passes no middleware. */
function enter(connection: { enter(): void } | undefined): void {
  try {
    connection?.enter();
  } catch (cause) {
    if (!(cause instanceof HyperdashError)) throw cause;
    throw new TRPCError({ code: cause.code, message: cause.message, cause });
  }
}
