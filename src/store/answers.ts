import { inTime } from '../domain/in-time.ts';
import type { Engine } from '../engine/engine.ts';

/** Longest that somebody who asks how the database is is kept waiting. */
const ANSWER_WITHIN_MS = 2_000;

/** Whether the database answers within 2 s; never rejects. */
export function answers(engine: Engine): Promise<boolean> {
  return isTrueInTime(engine.pool.query('SELECT').then(() => true));
}

/** Whether the database answers within 2 s and takes writes; never rejects. */
export function isWritable(engine: Engine): Promise<boolean> {
  const sql = `SELECT current_setting('transaction_read_only') = 'off' AS writable`;
  return isTrueInTime(engine.pool.query<{ writable: boolean }>(sql).then(({ rows }) => rows[0]!.writable));
}

async function isTrueInTime(answer: Promise<boolean>): Promise<boolean> {
  const found = await inTime(answer, ANSWER_WITHIN_MS).catch(() => false);
  return found ?? false;
}
