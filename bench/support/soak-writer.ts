import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const ROWS = 50;
const PAUSE_MS = 20;
const METRIC = 'soak';
const HOSTS = 20;
/** As the server names the field of the measurement. */
export const SOAK_METRIC = `${METRIC}_v`;

/** Writers that send each batch until it is acknowledged, and so know what the server said it has. */
export interface SoakWriters {
  /** Numbers of the batches that were acknowledged. */
  readonly acknowledged: ReadonlySet<number>;
  /** Requests by how they were answered; 0 where the connection broke. */
  readonly statuses: ReadonlyMap<number, number>;
  /** The time of the next sample, epoch milliseconds. */
  readonly nextMs: number;
  stop(): Promise<void>;
}

/** Starts writers of 50 samples a request, a pause of 20 ms after each. */
export function startSoakWriters(url: () => string, writers: number): SoakWriters {
  const acknowledged = new Set<number>();
  const statuses = new Map<number, number>();
  const startMs = Date.now() - 86_400_000;
  const stopping = new AbortController();
  let batches = 0;

  async function write(): Promise<void> {
    while (!stopping.signal.aborted) {
      const batch = batches++;
      const body = bodyOf(batch, startMs);
      while ((await send(body)) !== 204) {
        if (stopping.signal.aborted) return;
        await sleep(10 * PAUSE_MS);
      }
      acknowledged.add(batch);
      await sleep(PAUSE_MS);
    }
  }

  async function send(body: string): Promise<number> {
    const signal = AbortSignal.timeout(30_000);
    const status = await fetch(`${url()}/write?precision=ms`, { method: 'POST', body, signal })
      .then(async (response) => {
        await response.arrayBuffer();
        return response.status;
      })
      .catch(() => 0);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    return status;
  }

  const writing = Array.from({ length: writers }, write);
  return {
    acknowledged,
    statuses,
    get nextMs() {
      return startMs + samplesIn(batches);
    },
    async stop() {
      stopping.abort();
      await Promise.all(writing);
    },
  };
}

/** Every sample is a millisecond of its own: its value is its number. */
function bodyOf(batch: number, startMs: number): string {
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const n = batch * ROWS + row;
    return `${METRIC},host=h-${batch % HOSTS} v=${n} ${startMs + n}`;
  });
  return lines.join('\n');
}

/** Acknowledged samples that the database does not have, or has with another value. */
export async function lostSamples(databaseUrl: string, acknowledged: ReadonlySet<number>): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ batch: number; n: number }>(
    `SELECT floor(value / $2)::int AS batch, count(DISTINCT value)::int AS n
       FROM metrics WHERE metric_name = $1 GROUP BY 1`,
    [SOAK_METRIC, ROWS],
  );
  await client.end();
  const stored = new Map(rows.map(({ batch, n }) => [batch, n]));
  return [...acknowledged].reduce((lost, batch) => lost + ROWS - (stored.get(batch) ?? 0), 0);
}

/** Samples in so many batches. */
export function samplesIn(batches: number): number {
  return batches * ROWS;
}
