import type { StatusAnswer } from '../contract/status.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { Queries } from '../query/queries.ts';

/** What a procedure can reach: small interfaces alone, so that no driver's type is part of the router's. */
export interface Context {
  readonly queries: Queries;
  readonly ingest: Pick<Ingest, 'ingest'>;
  readonly status: () => Promise<StatusAnswer>;
}
