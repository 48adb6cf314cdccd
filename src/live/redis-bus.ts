import { createClient } from 'redis';
import type { Committed } from '../domain/committed.ts';
import { reconnectDelayMs } from '../domain/reconnect-delay.ts';
import { type Bus, decodeCommitted, encodeCommitted } from './bus.ts';

/** After a message that nobody received, nothing is sent for so long: the commit log covers who comes meanwhile. */
const QUIET_MS = 1_000;

/** How nodes over one database reach each other. */
export interface RedisBusOptions {
  readonly url: string;
  /** Tells apart databases that share a Redis. */
  readonly database: string;
  readonly onCommit: (committed: Committed) => void;
  readonly onError: (error: unknown) => void;
}

/** A bus over Redis pub/sub. It connects in the background and again after each failure: nothing here waits for Redis. */
export function openRedisBus({ url, database, onCommit, onError }: RedisBusOptions): Bus {
  const channel = `hyperdash:live:${database}`;
  const socket = { reconnectStrategy: reconnectDelayMs };
  const publisher = createClient({ url, socket, disableOfflineQueue: true });
  const subscriber = createClient({ url, socket });
  const connecting = [publisher, subscriber].map((client) => {
    client.on('error', onError);
    return client.connect().catch(onError);
  });
  let listening = false;
  let quietUntilMs = 0;

  async function publish(committed: Committed): Promise<void> {
    const receivers = await publisher.publish(channel, encodeCommitted(committed));
    if (receivers <= (listening ? 1 : 0)) quietUntilMs = performance.now() + QUIET_MS;
  }

  function receive(message: Buffer): void {
    const committed = decodeCommitted(message);
    if (committed === undefined) onError(new Error('a message on the bus could not be read'));
    else onCommit(committed);
  }

  return {
    send(committed) {
      if (!publisher.isReady || performance.now() < quietUntilMs) return;
      publish(committed).catch(onError);
    },
    listen(wanted) {
      if (wanted === listening) return;
      listening = wanted;
      const change = wanted ? subscriber.subscribe(channel, receive, true) : subscriber.unsubscribe(channel);
      change.catch(onError);
    },
    async close() {
      for (const client of [publisher, subscriber]) client.destroy();
      await Promise.all(connecting);
    },
  };
}
