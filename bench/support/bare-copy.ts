import type { Engine } from '../../src/engine/engine.ts';
import { openServer } from '../../src/engine/server.ts';
import { copyIn } from '../../src/store/copy-in.ts';
import { resolveSeries } from '../../src/store/resolve-series.ts';
import { encodeCopy } from '../../src/store/sample-encoding.ts';
import { amountOf, SERIES, seriesOf, timeOf } from './ingest-bodies.ts';

const COPY = 'COPY samples (time, series_id, value) FROM STDIN (FORMAT binary)';
/** A server seldom takes more than a hundred in all. */
const MAX_CONNECTIONS = 64;
const STATEMENT_TIMEOUT_MS = 60_000;

/** How rows are copied: each COPY is a commit, and a connection starts its next one once that is acknowledged. */
export interface CopyShape {
  readonly connections: number;
  readonly rowsPerCommit: number;
}

/** COPY without the program: prepared rows like those of the load, of as many series, into the same table. */
export interface BareCopy {
  /** As near to a shape as the server has connections for. */
  nearest(connections: number, rowsPerCommit: number): CopyShape;
  /** @returns rows a second */
  measure(shape: CopyShape, rows: number): Promise<number>;
  close(): Promise<void>;
}

/**
 * Connects by itself and adds its series to the catalogue.
 * @param run host of its series
 * @param fromMs times of its samples start here
 */
export async function openBareCopy(url: string, run: string, fromMs: number): Promise<BareCopy> {
  const engine = await openServer({
    url,
    poolSize: MAX_CONNECTIONS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    applicationName: 'bench',
  });
  const ids = await addSeries(engine, run);
  let prepared = 0;
  function nextRows(count: number): Buffer {
    const columns = {
      seriesIds: new Int32Array(count),
      times: new Float64Array(count),
      values: new Float64Array(count),
    };
    for (let row = 0; row < count; row++, prepared++) {
      columns.seriesIds[row] = ids[seriesOf(prepared)]!;
      columns.times[row] = timeOf(fromMs, prepared);
      columns.values[row] = amountOf(prepared);
    }
    return encodeCopy([columns]);
  }
  return {
    nearest: (connections, rowsPerCommit) => ({
      connections: Math.min(connections, MAX_CONNECTIONS),
      rowsPerCommit,
    }),
    async measure({ connections, rowsPerCommit }, rows) {
      const commits = Math.max(connections, Math.ceil(rows / rowsPerCommit));
      const bodies = Array.from({ length: commits }, () => nextRows(rowsPerCommit));
      const seconds = await copyAll(engine, connections, bodies);
      return (commits * rowsPerCommit) / seconds;
    },
    close: () => engine.close(),
  };
}

async function copyAll(engine: Engine, connections: number, bodies: readonly Buffer[]): Promise<number> {
  const clients = await Promise.all(Array.from({ length: connections }, () => engine.pool.connect()));
  let next = 0;
  const startedMs = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      while (next < bodies.length) await copyIn(client, COPY, bodies[next++]!);
    }),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  for (const client of clients) client.release();
  return seconds;
}

async function addSeries(engine: Engine, run: string): Promise<number[]> {
  const identities = Array.from({ length: SERIES }, (_, index) => ({
    metricName: 'bench_bare_copy',
    host: run,
    labels: { index: String(index) },
  }));
  return (await resolveSeries(engine, identities)).map((id) => id!);
}
