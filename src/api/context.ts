import type { IngestAnswer } from '../contract/ingest.ts';
import type { LiveEvent, LiveInput } from '../contract/live.ts';
import type { StatusAnswer } from '../contract/status.ts';
import type { Queries } from '../query/questions.ts';
import type { Timings } from '../query/timings.ts';

/** The connection that a subscription came over, where many share one. */
export interface LiveConnection {
  readonly outlet: {
    /** Whether more waits to be sent than is good; `drained` resolves once there is room, or it has closed. */
    readonly full: boolean;
    drained(): Promise<void>;
    /** Has what is sent in this turn of the event loop go out together. */
    gather(): void;
  };
  /** Counts a subscription. @throws HyperdashError TOO_MANY_REQUESTS */
  enter(): void;
  leave(): void;
}

/** The live streams, as procedures see them. */
export interface LiveStreams {
  /** One subscriber's stream, in batches; ends as soon as `signal` aborts. */
  stream(
    input: LiveInput,
    signal: AbortSignal,
  ): AsyncIterable<readonly { readonly id: string; readonly answer: LiveEvent }[]>;
}

/** What a procedure can reach: small interfaces alone, so that no driver's type is part of the router's. */
export interface Context {
  readonly queries: Queries;
  readonly ingest: { ingest(samples: readonly unknown[]): Promise<IngestAnswer> };
  readonly live: LiveStreams;
  /** Where a subscription comes over a WebSocket. */
  readonly connection?: LiveConnection | undefined;
  readonly status: () => Promise<StatusAnswer>;
  /** Where a door wants to know what a call spent its time on. */
  readonly timings?: Timings;
}
