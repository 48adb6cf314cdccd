import type { Pool } from 'pg';

/** What takes a statement: a pool, or one connection. */
export type Database = Pick<Pool, 'query'>;
