import type { Ingest } from '../ingest/ingest.ts';

/** What the doors for agents need of the ingest. */
export type IngestTarget = Pick<Ingest, 'receive' | 'admitBytes'>;
