import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { inTime } from '../domain/in-time.ts';
import type { Engine } from './engine.ts';
import { openPool } from './server.ts';

const LOOK_EVERY_MS = 1_000;
const CLOSE_GRACE_MS = 1_000;

/** How to use a read replica. */
export interface ReplicaOptions {
  /** Where everything is written, and read while the replica is not fit for it. */
  readonly primary: Engine;
  /** `postgres://…` */
  readonly url: string;
  readonly poolSize: number;
  /** Longest that a statement may run. */
  readonly statementTimeoutMs: number;
  /** A replica further behind is not read. */
  readonly maxLagMs: number;
  /** Told when reads go over to the replica (no reason) or back to the primary. */
  readonly onChange: (usable: boolean, reason: string | undefined) => void;
}

/** A read replica under watch. */
export interface Replica {
  /** The replica while it is no further behind than is allowed; else the primary. */
  engine(): Engine;
  readonly pool: Pool;
  /** Everything that was committed so long ago is there to be read; undefined while that is not known. */
  readonly lagMs: number | undefined;
  close(): Promise<void>;
}

/** Where the primary's log stood at a time. */
interface Mark {
  readonly lsn: number;
  readonly atMs: number;
}

/**
 * Watches a replica, once a second. How far it is behind follows from where the primary's log stood at known times and
 * how far the replica has replayed it: no clock but this one counts, and an idle primary does not look like a lag.
 */
export function watchReplica(options: ReplicaOptions): Replica {
  const { primary, maxLagMs, onChange } = options;
  const pool = openPool(options);
  const abilities = { connections: options.poolSize, cancel: true, backgroundJobs: false };
  const replica: Engine = { kind: 'server', pool, abilities, close: async () => {} };
  const stopping = new AbortController();
  const marks: Mark[] = [];
  let lagMs: number | undefined;
  let usable = false;

  async function look(): Promise<void> {
    const atMs = performance.now();
    // While the primary is down nothing is written: what was known of the replica stays true.
    const lsn = await lsnOf(primary.pool).catch(() => undefined);
    if (lsn !== undefined) marks.push({ lsn, atMs });
    const reason = await lookAtReplica().catch((error: Error) => {
      lagMs = undefined;
      return `it does not answer: ${error.message}`;
    });
    if (lsn === undefined && reason === undefined) return;
    if (usable === (reason === undefined)) return;
    usable = reason === undefined;
    onChange(usable, reason);
  }

  /** @returns why the replica is not fit to be read */
  async function lookAtReplica(): Promise<string | undefined> {
    const replayed = await lsnOf(pool);
    const newest = marks.findLastIndex(({ lsn }) => lsn <= replayed);
    marks.splice(0, newest);
    const reached = newest === -1 ? undefined : marks[0];
    lagMs = reached && performance.now() - reached.atMs;
    if (lagMs !== undefined && lagMs <= maxLagMs) return undefined;
    return `it is more than ${maxLagMs / 1000} s behind`;
  }

  async function watch(): Promise<void> {
    const { signal } = stopping;
    while (!signal.aborted) {
      await look();
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  }

  const watching = watch();
  return {
    engine: () => (usable ? replica : primary),
    pool,
    get lagMs() {
      return lagMs;
    },
    async close() {
      stopping.abort();
      await inTime(watching, CLOSE_GRACE_MS);
      await inTime(pool.end(), CLOSE_GRACE_MS);
    },
  };
}

/** Bytes of log that a server has written, or replayed where it is a replica. */
async function lsnOf(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ lsn: string }>(
    `SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - '0/0' AS lsn`,
  );
  return Number(rows[0]!.lsn);
}
