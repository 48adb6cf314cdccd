import type { Pool } from 'pg';

/** What an engine can do; the rest of the program asks this, never which engine it is. */
export interface EngineAbilities {
  /** Connections that may be in use at once. */
  readonly connections: number;
  /** `COPY … FROM STDIN` works. */
  readonly copyIn: boolean;
  /** A running statement can be cancelled and timed out. */
  readonly cancel: boolean;
  /** TimescaleDB runs due jobs itself; where it does not, the program has to. */
  readonly backgroundJobs: boolean;
}

/** A running PostgreSQL with TimescaleDB loaded, wherever it comes from. */
export interface Engine {
  readonly kind: 'embedded' | 'server';
  readonly pool: Pool;
  readonly abilities: EngineAbilities;
  /** Ends the pool, and the database itself where it is ours. */
  close(): Promise<void>;
}
