import { hosts } from './hosts.ts';
import { ingest } from './ingest.ts';
import { latest } from './latest.ts';
import { matrix } from './matrix.ts';
import { metrics } from './metrics.ts';
import { series } from './series.ts';
import { status } from './status.ts';
import { createCallerFactory, router } from './trpc.ts';

/** Every procedure, by the name that clients call. */
export const appRouter = router({ series, matrix, latest, hosts, metrics, ingest, status });
export type AppRouter = typeof appRouter;

/** Calls procedures from within the process, as the REST adapter does. */
export const createCaller = createCallerFactory(appRouter);
