import { PROTOCOLS, type Protocol } from './protocol.ts';
import type { RejectionCode, SampleBatch } from './sample-batch.ts';

/** What came in by one protocol since the program started. */
export interface ProtocolCounters {
  requests: number;
  /** Samples that are stored. */
  accepted: number;
  /** Samples that were stored before. */
  duplicates: number;
  /** Samples left out on purpose: stale markers, text fields. */
  ignored: number;
  /** Samples that were refused, by reason. */
  rejected: Partial<Record<RejectionCode, number>>;
}

export type CountersByProtocol = Readonly<Record<Protocol, ProtocolCounters>>;

/** Counters that all stand at nothing. */
export function newCounters(): CountersByProtocol {
  const counters = PROTOCOLS.map((protocol) => [
    protocol,
    { requests: 0, accepted: 0, duplicates: 0, ignored: 0, rejected: {} },
  ]);
  return Object.fromEntries(counters) as CountersByProtocol;
}

/** Adds one request, once it is committed. */
export function count(counters: ProtocolCounters, batch: SampleBatch, duplicates: number): void {
  counters.requests++;
  counters.accepted += batch.rows - duplicates;
  counters.duplicates += duplicates;
  counters.ignored += batch.ignored;
  for (const { code } of batch.rejections) counters.rejected[code] = (counters.rejected[code] ?? 0) + 1;
}
