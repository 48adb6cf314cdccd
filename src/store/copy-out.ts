import { addAbortSignal } from 'node:stream';
import type { PoolClient } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Engine } from '../engine/engine.ts';

/**
 * Runs a query as `COPY … TO STDOUT (FORMAT binary)` and hands over its bytes as they come. Once the signal is aborted,
 * or `take` throws, the statement is cancelled. Throws what the driver or `take` threw.
 */
export async function copyOut(
  engine: Engine,
  sql: string,
  signal: AbortSignal | undefined,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  signal?.throwIfAborted();
  const client = await engine.pool.connect();
  try {
    const rows = client.query(copyTo(`COPY (${sql}) TO STDOUT (FORMAT binary)`));
    for await (const chunk of signal ? addAbortSignal(signal, rows) : rows) take(chunk as Buffer);
    client.release();
  } catch (error) {
    // Rows may still be coming: the connection is not used again.
    client.release(true);
    if (engine.abilities.cancel) void cancelBackend(engine, client);
    throw error;
  }
}

/** The server would notice that nobody listens only when it next has rows to send. */
async function cancelBackend(engine: Engine, client: PoolClient): Promise<void> {
  const { processID } = client as PoolClient & { readonly processID: number };
  await engine.pool.query('SELECT pg_cancel_backend($1)', [processID]).catch(() => undefined);
}
