import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PoolClient, QueryResult } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Committed } from '../domain/committed.ts';
import { concatenate, type SampleColumns } from '../domain/sample-columns.ts';
import type { Engine } from '../engine/engine.ts';
import { type ArraysRow, AS_ARRAYS, decodeArrays, encodeArrays, encodeCopy } from './sample-encoding.ts';
import { asking, sqlState } from './store-error.ts';

const COPY = 'COPY samples (time, series_id, value) FROM STDIN (FORMAT binary)';
const INSERT = `
  INSERT INTO samples (time, series_id, value)
  SELECT * FROM unnest($1::timestamptz[], $2::int[], $3::float8[])`;
const INSERT_ALL = `
  WITH inserted AS (${INSERT})
  SELECT pg_current_xact_id()::text AS xid`;
const IGNORING_DUPLICATES = `
  WITH inserted AS (${INSERT} ON CONFLICT DO NOTHING RETURNING time, series_id, value)
  SELECT ${AS_ARRAYS} FROM inserted`;

const UNIQUE_VIOLATION = '23505';
/** Up to this many samples, one INSERT is faster than a transaction around a COPY. */
const INSERT_MAX_ROWS = 500;

/**
 * Commits batches of samples together: all of them or none.
 *
 * The batches go in as one, by COPY where the engine takes it. COPY knows no ON CONFLICT, so where a duplicate turns
 * up they are written again one by one, duplicates ignored.
 * @param onCommit told what was inserted, as soon as it is committed
 * @returns how many samples of each batch were inserted; the rest were duplicates
 */
export function writeSamples(
  engine: Engine,
  batches: readonly SampleColumns[],
  onCommit?: (committed: Committed) => void,
): Promise<number[]> {
  return asking(async () => {
    try {
      const samples = concatenate(batches);
      const xid = await writeTogether(engine, samples);
      onCommit?.({ xid, samples });
      return batches.map(({ times }) => times.length);
    } catch (error) {
      if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
      const written = await writeOneByOne(engine, batches);
      const samples = concatenate(written.map((batch) => batch.samples));
      if (samples.times.length > 0) onCommit?.({ xid: written[0]!.xid, samples });
      return written.map((batch) => batch.samples.times.length);
    }
  });
}

/** @returns the id of the transaction */
function writeTogether(engine: Engine, samples: SampleColumns): Promise<number> {
  return withClient(engine, async (client) => {
    if (engine.abilities.copyIn && samples.times.length > INSERT_MAX_ROWS) {
      return inTransaction(client, async (xid) => {
        await pipeline(Readable.from([encodeCopy(samples)]), client.query(copyFrom(COPY)));
        return xid;
      });
    }
    const { rows } = await client.query<{ xid: string }>(INSERT_ALL, encodeArrays(samples));
    return Number(rows[0]!.xid);
  });
}

function writeOneByOne(engine: Engine, batches: readonly SampleColumns[]): Promise<Committed[]> {
  return withClient(engine, (client) =>
    inTransaction(client, async (xid) => {
      const written: Committed[] = [];
      for (const batch of batches) {
        const { rows } = await client.query<ArraysRow>(IGNORING_DUPLICATES, encodeArrays(batch));
        written.push({ xid, samples: decodeArrays(rows[0]!) });
      }
      return written;
    }),
  );
}

async function inTransaction<Answer>(
  client: PoolClient,
  work: (xid: number) => Promise<Answer>,
): Promise<Answer> {
  // Two statements in one message give two results, which the driver's types do not know.
  const began = (await client.query(
    'BEGIN; SELECT pg_current_xact_id()::text AS xid',
  )) as unknown as QueryResult<{
    xid: string;
  }>[];
  try {
    const answer = await work(Number(began[1]!.rows[0]!.xid));
    await client.query('COMMIT');
    return answer;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
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
