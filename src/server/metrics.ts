import type { FastifyInstance } from 'fastify';
import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  Registry as Register,
  type Registry,
} from 'prom-client';
import type { Call } from '../api/context.ts';

/** In seconds, from a row by its index to a month of raw samples. */
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** One value of a figure, by its labels. */
export type Value = readonly [labels: Readonly<Record<string, string>>, value: number];

/** A figure that a part of the program keeps itself, read when it is asked for. */
export interface Figure {
  /** Without the prefix `hyperdash_`. */
  readonly name: string;
  readonly help: string;
  /** A counter only ever grows, from the start of the program. */
  readonly type: 'counter' | 'gauge';
  readonly labels?: readonly string[];
  readonly read: () => readonly Value[] | Promise<readonly Value[]>;
}

/** What the program shows of itself in Prometheus' format. */
export interface Metrics {
  /** Notes a call of a procedure. */
  observe(call: Call): void;
  readonly registry: Registry;
  /** Counters and gauges now, of the names given (with the prefix), one for each set of labels. */
  snapshot(names: readonly string[]): Promise<Snapshot[]>;
}

/** A counter or gauge at one time. */
export interface Snapshot {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Registers the figures, what Node's own client tells of a process, and how long requests and queries take. */
export function createMetrics(figures: readonly Figure[]): Metrics {
  const registry = new Register();
  collectDefaultMetrics({ register: registry });
  for (const figure of figures) registerFigure(registry, figure);
  const registers = [registry];
  const calls = new Histogram({
    name: 'hyperdash_query_duration_seconds',
    help: 'Time of calls, by procedure, the tier that answered (none: no tier was read) and outcome',
    labelNames: ['procedure', 'tier', 'code'],
    buckets: DURATION_BUCKETS,
    registers,
  });
  const phases = new Histogram({
    name: 'hyperdash_query_phase_seconds',
    help: 'Time of calls by phase: plan, database (waiting for a turn included), downsample',
    labelNames: ['phase'],
    buckets: DURATION_BUCKETS,
    registers,
  });
  const ended = new Counter({
    name: 'hyperdash_queries_total',
    help: 'Calls that have ended, by procedure and outcome',
    labelNames: ['procedure', 'code'],
    registers,
  });
  const spent = new Counter({
    name: 'hyperdash_query_seconds_total',
    help: 'Time of all calls together, by procedure',
    labelNames: ['procedure'],
    registers,
  });
  const rows = new Counter({
    name: 'hyperdash_query_rows_read_total',
    help: 'Rows that charts were made from, by tier',
    labelNames: ['tier'],
    registers,
  });
  return {
    registry,
    snapshot: async (names) => (await Promise.all(names.map((name) => snapshotOf(registry, name)))).flat(),
    observe({ procedure, code, durationMs, timings }) {
      const tier = timings.plan?.tier ?? 'none';
      calls.observe({ procedure, tier, code }, durationMs / 1000);
      ended.inc({ procedure, code });
      spent.inc({ procedure }, durationMs / 1000);
      for (const [phase, ms] of timings.spentMs) phases.observe({ phase }, ms / 1000);
      if (timings.plan) rows.inc({ tier }, timings.plan.rows);
    },
  };
}

/** A plugin with `/metrics`, for whoever may administer; and the time that every request takes. */
export async function metricsPlugin(
  server: FastifyInstance,
  { metrics }: { metrics: Metrics },
): Promise<void> {
  const { registry } = metrics;
  server.get('/metrics', { config: { scope: 'admin' } }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}

/** Measures every request, by its route. To be called before any route is registered. */
export function measureRequests(server: FastifyInstance, { registry }: Metrics): void {
  const requests = new Histogram({
    name: 'hyperdash_http_request_duration_seconds',
    help: 'Time of HTTP requests, by method, route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: DURATION_BUCKETS,
    registers: [registry],
  });
  server.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    const route = routeOptions.url ?? 'none';
    requests.observe({ method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });
}

async function snapshotOf(registry: Registry, name: string): Promise<Snapshot[]> {
  const found = await registry.getSingleMetric(name)?.get();
  if (found === undefined) throw new Error(`there is no metric named ${name}`);
  // Its type declares a number; it is the word that the text format has.
  const type = String(found.type) === 'counter' ? 'counter' : 'gauge';
  return found.values.map(({ labels, value }) => ({ name, type, value, labels: textLabels(labels) }));
}

function textLabels(labels: object): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([label, value]) => [label, String(value)]));
}

function registerFigure(registry: Registry, { name, help, type, labels = [], read }: Figure): void {
  const options = { name: `hyperdash_${name}`, help, labelNames: [...labels], registers: [registry] };
  if (type === 'gauge') {
    new Gauge({
      ...options,
      async collect() {
        this.reset();
        for (const [of, value] of await read()) this.set({ ...of }, value);
      },
    });
  } else {
    new Counter({
      ...options,
      async collect() {
        this.reset();
        for (const [of, value] of await read()) this.inc({ ...of }, value);
      },
    });
  }
}
