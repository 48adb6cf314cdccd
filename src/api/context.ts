import type { IngestAnswer } from '../contract/ingest.ts';
import type { StatusAnswer } from '../contract/status.ts';
import type { Principal } from '../domain/principal.ts';
import type { Queries } from '../query/questions.ts';
import type { Timings } from '../query/timings.ts';

/** What a procedure can reach: small interfaces alone, so that no driver's type is part of the router's. */
export interface Context extends Services {
  /** Who calls. */
  readonly principal: Principal;
  /** Names the request in the log. */
  readonly requestId?: string | undefined;
  /** Where a door wants to know what a call spent its time on. */
  readonly timings?: Timings;
}

/** A call that has ended. */
export interface Call {
  readonly procedure: string;
  /** `OK`, or the code of its error. */
  readonly code: string;
  readonly durationMs: number;
  readonly timings: Timings;
  readonly requestId: string | undefined;
}

/** What every call can reach, whoever makes it. */
export interface Services {
  readonly queries: Queries;
  readonly ingest: { ingest(samples: readonly unknown[], sender: Principal): Promise<IngestAnswer> };
  readonly status: () => Promise<StatusAnswer>;
  /** Told of every query and mutation once it has ended; must not throw. */
  readonly observe: (call: Call) => void;
}
