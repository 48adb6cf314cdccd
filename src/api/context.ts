import type { StatusAnswer } from '../contract/status.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { Live } from '../live/live.ts';
import type { Queries } from '../query/queries.ts';

/** The connection that a subscription came over, where many share one. */
export interface LiveConnection {
  readonly outlet: {
    /** Whether more waits to be sent than is good; {@link drained} resolves once there is room or it has closed. */
    readonly full: boolean;
    drained(): Promise<void>;
    /** Has what is sent in this turn of the event loop go out together. */
    gather(): void;
  };
  /** Counts a subscription. @throws HyperdashError TOO_MANY_REQUESTS */
  enter(): void;
  leave(): void;
}

/** What a procedure can reach: small interfaces alone, so that no driver's type is part of the router's. */
export interface Context {
  readonly queries: Queries;
  readonly ingest: Pick<Ingest, 'ingest'>;
  readonly live: Pick<Live, 'stream'>;
  readonly connection?: LiveConnection | undefined;
  readonly status: () => Promise<StatusAnswer>;
}
