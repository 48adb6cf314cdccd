import type { FastifyInstance } from 'fastify';
import type { HealthAnswer, ReadyAnswer } from '../contract/health.ts';

/** Says what is missing before the program can serve; empty where it is ready. Never rejects, and never takes long. */
export type NotReady = () => Promise<readonly string[]>;

/** A plugin with `/healthz`, which says that the process runs, and `/readyz`, which says whether it can serve. */
export async function healthPlugin(
  server: FastifyInstance,
  { notReady }: { notReady: NotReady },
): Promise<void> {
  server.get('/healthz', async (): Promise<HealthAnswer> => ({ status: 'alive' }));
  server.get('/readyz', async (_request, reply) => {
    const missing = [...(await notReady())];
    const ready = missing.length === 0;
    return reply.code(ready ? 200 : 503).send({ ready, missing } satisfies ReadyAnswer);
  });
}
