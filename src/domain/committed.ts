import type { SampleColumns } from './sample-columns.ts';

/** Samples that one transaction inserted, duplicates left out. */
export interface Committed {
  /** The transaction's `xid8`: tells commits apart, and whether a snapshot holds one. */
  readonly xid: number;
  readonly samples: SampleColumns;
}
