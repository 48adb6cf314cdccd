import { TRPCError, tracked } from '@trpc/server';
import { LiveEvent, LiveInput } from '../contract/live.ts';
import { HyperdashError } from '../errors.ts';
import { procedure } from './trpc.ts';

/** The samples of one metric as they are committed, each with an id to go on from. */
export const live = procedure
  .meta({
    rest: {
      method: 'GET',
      path: '/api/metrics/{metric_name}/live',
      summary: 'One metric as it is committed, as server-sent events',
      description:
        'Each event has an `id`; a stream that is opened with the last one in `Last-Event-ID` goes on after it. An event ' +
        'named `gap` says that samples are missing.',
      headers: { 'Last-Event-ID': 'lastEventId' },
      event: LiveEvent,
    },
  })
  .input(LiveInput)
  .subscription(async function* ({ ctx, input, signal }) {
    const { connection } = ctx;
    enter(connection);
    try {
      for await (const events of ctx.live.stream(input, signal!)) {
        for (const { id, answer } of events) {
          connection?.outlet.gather();
          yield tracked(id, answer);
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
