import type { PoolClient, QueryResult } from 'pg';
import type { Committed } from '../domain/committed.ts';
import { concatenate, type SampleColumns } from '../domain/sample-columns.ts';
import type { Engine } from '../engine/engine.ts';
import { copyIn } from './copy-in.ts';
import { encodeArrays, encodeCopy } from './sample-encoding.ts';
import { asking, sqlState } from './store-error.ts';

const COPY = `
  SELECT pg_current_xact_id()::text;
  COPY samples (time, series_id, value) FROM STDIN (FORMAT binary)`;

/**
 * Gives the positions, from 0, of the rows that were inserted: of equal ones the first. Sorted, so that two such
 * statements wait for each other instead of deadlocking.
 */
const INSERT_IGNORING_DUPLICATES = `
  WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::timestamptz[], $2::int[], $3::float8[])
      WITH ORDINALITY AS wanted (time, series_id, value, position)),
  inserted AS (
    INSERT INTO samples (time, series_id, value)
    SELECT time, series_id, value FROM wanted ORDER BY series_id, time, position
    ON CONFLICT DO NOTHING
    RETURNING series_id, time)
  SELECT coalesce(array_agg(position), '{}') AS positions FROM (
    SELECT min(position)::int - 1 AS position
    FROM inserted JOIN wanted USING (series_id, time)
    GROUP BY series_id, time) AS first`;

// Nothing is known of the arrays when the join is planned: a nested loop would never end.
// Late rows may touch many compressed batches: no limit on those.
const CAREFULLY = `
  SET LOCAL enable_nestloop = off;
  SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0;`;

/** What a plain write may fail with where a careful one does not. */
const WORTH_CARE: ReadonlySet<string | undefined> = new Set([
  '23505', // unique_violation: there is a duplicate
  '40P01', // deadlock_detected: another writer has the same samples, in another order
  '53400', // configuration_limit_exceeded: more compressed rows to unpack than one transaction may by default
]);

/** The rows of one batch that were duplicates, by position, ascending. */
export type Duplicates = readonly number[];

/**
 * Commits batches of samples together: all of them or none.
 *
 * They go in by COPY, which knows no ON CONFLICT: where a duplicate turns up all are
 * written again by a slower statement that ignores and tells them.
 * @param onCommit told what was inserted, as soon as it is committed; must not throw
 * @returns the duplicates of each batch: rows that their series already had a sample for at that time, and were ignored
 */
export function writeSamples(
  engine: Engine,
  batches: readonly SampleColumns[],
  onCommit?: (committed: Committed) => void,
): Promise<Duplicates[]> {
  return asking(async () => {
    const { xid, duplicates } = await writeOnce(engine, batches);
    const samples = onCommit && concatenate(batches, duplicates);
    if (samples && samples.times.length > 0) onCommit({ xid, samples });
    return duplicates;
  });
}

interface Written {
  readonly xid: number;
  readonly duplicates: Duplicates[];
}

async function writeOnce(engine: Engine, batches: readonly SampleColumns[]): Promise<Written> {
  try {
    return { xid: await writePlainly(engine, batches), duplicates: batches.map(() => []) };
  } catch (error) {
    if (!WORTH_CARE.has(sqlState(error))) throw error;
    const { xid, inserted } = await writeCarefully(engine, batches);
    return { xid, duplicates: duplicatesOf(batches, inserted) };
  }
}

/** @returns the transaction */
function writePlainly(engine: Engine, batches: readonly SampleColumns[]): Promise<number> {
  return withClient(engine, async (client) =>
    Number(await copyIn(client, `${tellAge(batches)} ${COPY}`, encodeCopy(batches))),
  );
}

/** Spares the trigger that notes late samples (`sql/0014`) looking through these. */
function tellAge(batches: readonly SampleColumns[]): string {
  let oldestMs = Number.POSITIVE_INFINITY;
  for (const { times } of batches) for (const time of times) if (time < oldestMs) oldestMs = time;
  return `SET LOCAL hyperdash.samples_since = '${new Date(oldestMs).toISOString()}';`;
}

/** @returns the transaction, and the positions in all batches, one behind another, of the rows that it inserted */
function writeCarefully(
  engine: Engine,
  batches: readonly SampleColumns[],
): Promise<{ xid: number; inserted: readonly number[] }> {
  return withClient(engine, (client) =>
    inTransaction(client, CAREFULLY, async (xid) => {
      const { rows } = await client.query<{ positions: number[] }>(
        INSERT_IGNORING_DUPLICATES,
        encodeArrays(batches),
      );
      return { xid, inserted: rows[0]!.positions };
    }),
  );
}

/** @param settings statements for this transaction alone */
async function inTransaction<Answer>(
  client: PoolClient,
  settings: string,
  work: (xid: number) => Promise<Answer>,
): Promise<Answer> {
  // Several statements in one message give several results, which the driver's types do not know.
  const answers = await client.query(`BEGIN; ${settings} SELECT pg_current_xact_id()::text AS xid`);
  const [began] = (answers as unknown as QueryResult<{ xid: string }>[]).slice(-1);
  try {
    const answer = await work(Number(began!.rows[0]!.xid));
    await client.query('COMMIT');
    return answer;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** @param inserted positions in all batches, one behind another */
function duplicatesOf(batches: readonly SampleColumns[], inserted: readonly number[]): Duplicates[] {
  const isInserted = new Set(inserted);
  let first = 0;
  return batches.map(({ times }) => {
    const duplicates: number[] = [];
    for (let row = 0; row < times.length; row++) if (!isInserted.has(first + row)) duplicates.push(row);
    first += times.length;
    return duplicates;
  });
}

async function withClient<Answer>(
  engine: Engine,
  use: (client: PoolClient) => Promise<Answer>,
): Promise<Answer> {
  const client = await engine.pool.connect();
  try {
    const answer = await use(client);
    client.release();
    return answer;
  } catch (error) {
    // An error of the server leaves the connection usable; any other may not.
    client.release(sqlState(error) === undefined);
    throw error;
  }
}
