import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { concatenate, type SampleColumns } from '../domain/sample-columns.ts';
import type { Engine } from '../engine/engine.ts';
import { encodeArrays, encodeCopy } from './sample-encoding.ts';
import { asking, sqlState } from './store-error.ts';

const COPY = 'COPY samples (time, series_id, value) FROM STDIN (FORMAT binary)';
const INSERT = `
  INSERT INTO samples (time, series_id, value)
  SELECT * FROM unnest($1::timestamptz[], $2::int[], $3::float8[])`;
const IGNORING_DUPLICATES = `${INSERT} ON CONFLICT DO NOTHING`;

const UNIQUE_VIOLATION = '23505';

/**
 * Commits batches of samples together: all of them or none.
 *
 * The batches go in as one, by COPY where the engine takes it. COPY knows no ON CONFLICT, so where a duplicate turns
 * up they are written again one by one, duplicates ignored.
 * @returns how many samples of each batch were inserted; the rest were duplicates
 */
export function writeSamples(engine: Engine, batches: readonly SampleColumns[]): Promise<number[]> {
  return asking(async () => {
    try {
      await writeTogether(engine, concatenate(batches));
      return batches.map(({ times }) => times.length);
    } catch (error) {
      if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
      return writeOneByOne(engine, batches);
    }
  });
}

async function writeTogether(engine: Engine, samples: SampleColumns): Promise<void> {
  if (!engine.abilities.copyIn) {
    await engine.pool.query(INSERT, encodeArrays(samples));
    return;
  }
  await withClient(engine, (client) =>
    pipeline(Readable.from([encodeCopy(samples)]), client.query(copyFrom(COPY))),
  );
}

function writeOneByOne(engine: Engine, batches: readonly SampleColumns[]): Promise<number[]> {
  return withClient(engine, async (client) => {
    const inserted: number[] = [];
    await client.query('BEGIN');
    try {
      for (const batch of batches) {
        const { rowCount } = await client.query(IGNORING_DUPLICATES, encodeArrays(batch));
        inserted.push(rowCount ?? 0);
      }
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
    return inserted;
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
