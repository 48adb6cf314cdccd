import { createClient, RESP_TYPES } from 'redis';
import { inTime } from '../../domain/in-time.ts';
import { reconnectDelayMs } from '../../domain/reconnect-delay.ts';

/** Redis is given up for one answer after so long. */
const WAIT_MS = 100;
/** Larger values are not worth their way. */
const VALUE_MAX_BYTES = 4 * 1024 * 1024;

/** Answers that the nodes over one database share. A failure of Redis is a miss, and never waited for long. */
export interface RedisAnswers {
  get(key: string): Promise<Buffer | undefined>;
  /** Never throws, never waits. */
  set(key: string, value: Buffer): void;
  close(): Promise<void>;
}

/** Where the answers are. */
export interface RedisAnswersOptions {
  readonly url: string;
  /** Tells apart databases that share a Redis. */
  readonly database: string;
  readonly keptMs: number;
  readonly onError: (error: unknown) => void;
}

/** Connects in the background, and again after each failure. */
export function openRedisAnswers({ url, database, keptMs, onError }: RedisAnswersOptions): RedisAnswers {
  const connection = createClient({
    url,
    socket: { reconnectStrategy: reconnectDelayMs },
    disableOfflineQueue: true,
  });
  connection.on('error', onError);
  const connecting = connection.connect().catch(onError);
  const client = connection.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const keyOf = (key: string) => `hyperdash:answer:1:${database}:${key}`;
  return {
    async get(key) {
      if (!connection.isReady) return undefined;
      const answer = client.get(keyOf(key)).catch((error: unknown) => {
        onError(error);
        return null;
      });
      return (await inTime(answer, WAIT_MS)) ?? undefined;
    },
    set(key, value) {
      if (!connection.isReady || value.length > VALUE_MAX_BYTES) return;
      client.set(keyOf(key), value, { expiration: { type: 'PX', value: keptMs } }).catch(onError);
    },
    async close() {
      connection.destroy();
      await connecting;
    },
  };
}
