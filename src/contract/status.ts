import { z } from 'zod';
import { IngestStatus } from './ingest.ts';
import { DataSource } from './resolution.ts';

const Bytes = z.number().describe('Bytes on disk, indexes included');
const Ratio = z
  .number()
  .nullable()
  .describe('Bytes before compression by bytes after it, of the compressed chunks; null where none is');

/** One tier: the samples, or a rollup of them. */
const TierStatus = z.object({
  data_source: DataSource,
  rows: z.number().describe('Approximate number of rows'),
  chunks: z.int(),
  chunks_compressed: z.int(),
  bytes: Bytes,
  compression_ratio: Ratio,
  retention_seconds: z.number().nullable().describe('Age up to which rows are kept; null for ever'),
  refreshed_until: z
    .date()
    .nullable()
    .describe(
      'Up to where the rollup is computed; what is newer is computed by each query. Null for samples',
    ),
  refresh_lag_seconds: z.number().nullable().describe('Age of refreshed_until'),
});

/** A policy of TimescaleDB and its last run. */
const JobStatus = z.object({
  id: z.int(),
  name: z.string().describe('Procedure that runs, such as policy_retention'),
  data_source: DataSource.nullable(),
  every_seconds: z.number(),
  paused: z.boolean().describe('Retention waits while history is being loaded'),
  last_run: z.date().nullable(),
  next_run: z.date().nullable(),
  failure: z.string().nullable().describe('Why the last run failed; null where it went well or never ran'),
  failures: z.int().describe('Runs that have failed, of those that are still on record'),
});

/** The store as a whole. */
export const StoreStatus = z.object({
  series: z.int().describe('Number of series'),
  bytes: Bytes.describe('Bytes of every tier on disk, indexes included'),
  compression_ratio: Ratio,
  tiers: z.array(TierStatus),
  jobs: z.array(JobStatus),
});
export type StoreStatus = z.output<typeof StoreStatus>;

/** What the program is and how its store is doing. */
export const StatusAnswer = z.object({
  version: z.string().describe("Hyperdash's version"),
  engine: z.object({
    kind: z.enum(['embedded', 'server']),
    postgres: z.string(),
    timescaledb: z.string(),
  }),
  uptime_seconds: z.number(),
  live: z
    .object({
      connections: z.int().describe('Open WebSockets and SSE streams'),
      subscriptions: z.int(),
      events: z.int().describe('Events sent'),
      dropped: z.int().describe('Samples that slow consumers did not get'),
      gaps: z.int().describe('Gaps told to subscribers'),
      replays: z.int().describe('Streams that were resumed or asked for the past'),
    })
    .describe('Live streams of this node, since it started'),
  store: StoreStatus,
  ingest: IngestStatus,
});
export type StatusAnswer = z.output<typeof StatusAnswer>;
