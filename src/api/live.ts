import { tracked } from '@trpc/server';
import { LiveEvent, LiveInput } from '../contract/live.ts';
import { FirstEvent } from '../contract/live-wire.ts';
import type { LiveConnection, StreamedEvent } from './context.ts';
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
    const batches = await streams.open(input, signal!);
    return connection === undefined ? tracking(batches) : relaying(batches, connection, signal!);
  });

type Batches = AsyncIterable<readonly StreamedEvent[]>;

/** Gives each event with its id. */
async function* tracking(batches: Batches) {
  for await (const events of batches) for (const { id, answer } of events) yield tracked(id, answer);
}

/**
 * Gives the first event alone, and then sends what the adapter would send: its race and its promises, an event and
 * subscription, cost three times as much as the rest of the way (`bench:live`).
 */
async function* relaying(batches: Batches, connection: LiveConnection, signal: AbortSignal) {
  let opening: string | undefined;
  const begin = (response: object) => {
    opening = `${JSON.stringify({ ...response, result: undefined }).slice(0, -1)},"result":{"type":"data","id":"`;
  };
  for await (const events of batches) {
    for (const event of events) {
      if (signal.aborted) return;
      connection.outlet.gather();
      if (opening !== undefined) connection.send(`${opening}${event.id}","data":${event.tracked}}}`);
      else yield tracked(event.id, new FirstEvent(event.tracked, begin) as never as LiveEvent);
      if (connection.outlet.full) await connection.outlet.drained();
    }
  }
}
