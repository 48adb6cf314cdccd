import type { FastifyBaseLogger } from 'fastify';
import type { Call } from '../api/context.ts';

/**
 * Writes a line for each call that took long: what was planned, which tier answered and where the time went; never
 * what was asked for or found.
 */
export function createCallLog(logger: FastifyBaseLogger, slowMs: number): (call: Call) => void {
  return ({ procedure, code, durationMs, timings, requestId }) => {
    if (durationMs < slowMs) return;
    const phases = Object.fromEntries(Array.from(timings.spentMs, ([phase, ms]) => [phase, Math.round(ms)]));
    logger.warn(
      { reqId: requestId, procedure, code, ms: Math.round(durationMs), phases, plan: timings.plan },
      'slow query',
    );
  };
}
