import { tracked } from '@trpc/server';
import { LiveEvent, LiveInput } from '../contract/live.ts';
import type { LiveConnection, LiveStreams } from './context.ts';
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
  .subscription(async ({ ctx: { live: streams, connection }, input, signal }) => {
    connection?.enter(signal!);
    return tracking(await streams.open(input, signal!), connection);
  });

type Batches = Awaited<ReturnType<LiveStreams['open']>>;

/** Gives each event with its id, at the pace that the connection takes them. */
async function* tracking(batches: Batches, connection: LiveConnection | undefined) {
  for await (const events of batches) {
    for (const { id, answer } of events) {
      connection?.outlet.gather();
      yield tracked(id, answer);
      if (connection?.outlet.full) await connection.outlet.drained();
    }
  }
}
