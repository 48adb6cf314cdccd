import type { IngestAnswer } from '../contract/ingest.ts';
import type { LiveEvent, LiveInput } from '../contract/live.ts';
import type { StatusAnswer } from '../contract/status.ts';
import type { Principal } from '../domain/principal.ts';
import type { Queries } from '../query/questions.ts';
import type { Timings } from '../query/timings.ts';

/** The connection that a subscription came over, where many share one. */
export interface LiveConnection {
  /** Sends a message, unless the connection is closing. */
  send(message: string): void;
  readonly outlet: {
    /** Whether more waits to be sent than is good; `drained` resolves once there is room, or it has closed. */
    readonly full: boolean;
    drained(): Promise<void>;
    /** Has what is sent in this turn of the event loop go out together. */
    gather(): void;
  };
  /** Counts a subscription until it is aborted. @throws HyperdashError TOO_MANY_REQUESTS */
  enter(signal: AbortSignal): void;
}

/** The live streams, as procedures see them. */
export interface LiveStreams {
  /** Subscribes, and gives one subscriber's stream, in batches; it ends as soon as `signal` aborts. */
  open(input: LiveInput, signal: AbortSignal): Promise<AsyncIterable<readonly StreamedEvent[]>>;
}

/** An event of a stream. */
export interface StreamedEvent {
  readonly id: string;
  readonly answer: LiveEvent;
  /** With its id, the JSON that tRPC sends. */
  readonly tracked: string;
}

/** What a procedure can reach: small interfaces alone, so that no driver's type is part of the router's. */
export interface Context extends Services {
  /** Who calls. */
  readonly principal: Principal;
  /** Names the request in the log. */
  readonly requestId?: string | undefined;
  /** Where a subscription comes over a WebSocket. */
  readonly connection?: LiveConnection | undefined;
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
  readonly live: LiveStreams;
  readonly status: () => Promise<StatusAnswer>;
  /** Told of every query and mutation once it has ended; must not throw. */
  readonly observe: (call: Call) => void;
}
