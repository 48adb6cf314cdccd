import type { Pool } from 'pg';

/** The oldest TimescaleDB that runs this program: the columnstore's names are from 2.18. */
export const OLDEST_TIMESCALEDB = '2.18';

/** What an engine can do; the rest of the program asks this, never which engine it is. */
export interface EngineAbilities {
  /** Connections that may be in use at once. */
  readonly connections: number;
  /** A running statement can be cancelled and timed out. */
  readonly cancel: boolean;
  /** TimescaleDB runs due jobs itself; where it does not, the program has to. */
  readonly backgroundJobs: boolean;
}

/** A running PostgreSQL with TimescaleDB loaded, wherever it comes from. */
export interface Engine {
  readonly kind: 'embedded' | 'server';
  /** Gives `int8` (and so `count(*)`) as a number; `numeric` stays a string. */
  readonly pool: Pool;
  readonly abilities: EngineAbilities;
  /**
   * Ends the pool, and the database itself where it is ours, within about 5 s: queries that run longer than half
   * of that are not waited for. A second call does nothing more.
   */
  close(): Promise<void>;
}
