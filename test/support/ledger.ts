import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** Writes one sample after another, as a client that retries does, and knows which were acknowledged. */
export interface Ledger {
  /** The numbers of the samples that the server said it has. */
  readonly acknowledged: ReadonlySet<number>;
  /** Every status that a request was answered with; 0 where the connection broke. */
  readonly statuses: ReadonlySet<number>;
  /** Resolves once so many more samples are acknowledged. */
  more(samples: number): Promise<void>;
  stop(): Promise<void>;
}

const PAUSE_AFTER_FAILURE_MS = 50;

/** @param url of the node to write to; asked for each request, so that a client can go over to another */
export function startLedger(url: () => string, metric: string, writers = 4): Ledger {
  const acknowledged = new Set<number>();
  const statuses = new Set<number>();
  const startMs = Date.now() - 3_600_000;
  const stopping = new AbortController();
  let sent = 0;

  async function post(n: number): Promise<number> {
    const body = `${metric},host=ledger v=${n} ${startMs + n}`;
    return fetch(`${url()}/write?precision=ms`, { method: 'POST', body }).then(
      ({ status }) => status,
      () => 0,
    );
  }

  async function write(): Promise<void> {
    while (!stopping.signal.aborted) {
      const n = sent++;
      let status = await post(n);
      statuses.add(status);
      while (status !== 204 && !stopping.signal.aborted) {
        await sleep(PAUSE_AFTER_FAILURE_MS);
        status = await post(n);
        statuses.add(status);
      }
      if (status === 204) acknowledged.add(n);
    }
  }

  const writing = Array.from({ length: writers }, write);
  return {
    acknowledged,
    statuses,
    async more(samples) {
      const goal = acknowledged.size + samples;
      while (acknowledged.size < goal) await sleep(10);
    },
    async stop() {
      stopping.abort();
      await Promise.all(writing);
    },
  };
}

/** The acknowledged samples that the database does not have. */
export async function missing(databaseUrl: string, ledger: Ledger, metric: string): Promise<number[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    // Line protocol names a metric for its measurement and field.
    const { rows } = await client.query('SELECT value FROM metrics WHERE starts_with(metric_name, $1)', [
      metric,
    ]);
    const stored = new Set(rows.map(({ value }) => value));
    return [...ledger.acknowledged].filter((n) => !stored.has(n));
  } finally {
    await client.end();
  }
}
