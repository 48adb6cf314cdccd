import { hosts } from './hosts.ts';
import { ingest } from './ingest.ts';
import { latest } from './latest.ts';
import { live } from './live.ts';
import { metrics } from './metrics.ts';
import { series } from './series.ts';
import { status } from './status.ts';
import { createCallerFactory, router } from './trpc.ts';

/** What each procedure does, in words that an editor shows where a client calls it. */
type Procedures = {
  /** One metric over a range, from the tier that suits it, downsampled for a chart. */
  readonly series: typeof series;
  /** The newest sample of one metric. */
  readonly latest: typeof latest;
  /** Every host, with the time of its newest sample. */
  readonly hosts: typeof hosts;
  /** Every metric, with its unit and how many hosts and series it has. */
  readonly metrics: typeof metrics;
  /** Stores samples; answers once they are committed. A sample that is there already is ignored, so a retry is safe. */
  readonly ingest: typeof ingest;
  /** The samples of one metric as they are committed, each with an id to go on from. */
  readonly live: typeof live;
  /** What the program is and how its store is doing. */
  readonly status: typeof status;
};

const procedures: Procedures = { series, latest, hosts, metrics, ingest, live, status };

/** Every procedure, by the name that clients call. */
export const appRouter = router(procedures);
export type AppRouter = typeof appRouter;

/** Calls procedures from within the process, as the REST adapter does. */
export const createCaller = createCallerFactory(appRouter);
