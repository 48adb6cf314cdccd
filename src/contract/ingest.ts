import { z } from 'zod';
import { Host, Labels, MetricName } from './names.ts';
import { TIME_MAX_MS, TIME_MIN_MS } from './time.ts';

export const SAMPLES_MAX = 50_000;

const SampleTime = z
  .union([
    z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
    z.number().transform((ms) => new Date(ms)),
    z.date(),
  ])
  .refine(
    (time) => time.getTime() >= TIME_MIN_MS && time.getTime() <= TIME_MAX_MS,
    'must be an ISO 8601 time with an offset or epoch milliseconds, between 1970 and 9999',
  );

/** One sample as a client sends it. */
export const Sample = z.strictObject({
  time: SampleTime.optional().describe(
    'When it was measured, ISO 8601 or epoch milliseconds; now where it is left out',
  ),
  host: Host,
  metric_name: MetricName,
  value: z.number().describe('A finite double'),
  labels: Labels.optional(),
});
export type Sample = z.output<typeof Sample>;

/**
 * What `ingest` is asked. Each sample is checked on its own against {@link Sample},
 * so that one bad sample is rejected by index and the good ones are kept.
 */
export const IngestInput = z.strictObject({
  samples: z
    .array(z.custom<z.input<typeof Sample>>())
    .max(SAMPLES_MAX, `at most ${SAMPLES_MAX} samples in one request`),
});
export type IngestInput = z.output<typeof IngestInput>;

/** What `ingest` answers once the good samples are committed. */
export const IngestAnswer = z.object({
  accepted: z.int().describe('Samples that are now stored'),
  duplicates: z.int().describe('Samples ignored since their series already had one at that time'),
  rejected: z
    .array(z.object({ index: z.int(), reason: z.string() }))
    .describe('Samples that were not stored, by index'),
});
export type IngestAnswer = z.output<typeof IngestAnswer>;

/** What came in since the program started, and what is on its way. */
export const IngestStatus = z.object({
  protocols: z
    .record(
      z.string(),
      z.object({
        requests: z.int(),
        accepted: z.int().describe('Samples that were stored'),
        duplicates: z.int().describe('Samples that were stored before'),
        ignored: z.int().describe('Samples left out on purpose: stale markers, text fields'),
        rejected: z.record(z.string(), z.int()).describe('Samples that were refused, by reason'),
      }),
    )
    .describe('Requests and samples by the protocol that they came in'),
  pending_rows: z.int().describe('Samples that wait or are being written'),
  pending_bytes: z.int().describe('Bytes of the requests of agents that are being received or written'),
  refused_requests: z.int().describe('Requests answered 503 as too much was pending'),
});
export type IngestStatus = z.output<typeof IngestStatus>;
