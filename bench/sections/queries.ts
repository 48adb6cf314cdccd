import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from '../../src/app.ts';
import type { Config } from '../../src/config.ts';
import { createLogger } from '../../src/logger.ts';
import { openStore } from '../../src/open-store.ts';
import { DrainedCopy } from '../support/drained-copy.ts';
import { copyOfRawHistory, fillRawHistory, rawQuestion } from '../support/raw-history.ts';
import { quantile, timeCalls } from '../support/report.ts';
import { openReader } from '../support/requests.ts';
import { type Section, sectionOf } from '../support/section.ts';

const ROUNDS = 25;
const WARM_UP_ROUNDS = 5;

export const OVER_TRPC = 'series, over tRPC';

/**
 * Raw rows → 1 000 points, end to end over HTTP, against the bare COPY of those rows. The embedded engine is opened
 * by one at a time, so the COPY comes first and the program after it.
 */
export async function queries(config: Config, sizes: readonly number[]): Promise<Section[]> {
  const store = await openStore(config, 'bench', createLogger(config));
  const endMs = await fillRawHistory(store.engine.pool);
  const copies = new Map<number, number>();
  for (const rows of sizes) {
    const sql = await copyOfRawHistory(store.engine.pool, endMs, rows);
    const connection = await store.engine.pool.connect();
    copies.set(rows, await median(() => connection.query(new DrainedCopy(sql)).done.promise));
    connection.release();
  }
  const { kind } = store.engine;
  await store.close();

  const app = createApp(config);
  const reader = openReader((await app.start()).url);
  const sections: Section[] = [];
  try {
    for (const rows of sizes) {
      const { metric_name, ...asked } = rawQuestion(endMs, rows);
      const input = encodeURIComponent(JSON.stringify({ json: { metric_name, ...asked } }));
      const query = new URLSearchParams({
        ...asked,
        start: `${asked.start}`,
        end: `${asked.end}`,
        points: `${asked.points}`,
      });
      sections.push(
        sectionOf(`${rows.toLocaleString('en')} raw rows → 1000 points, engine: ${kind}`, [
          ['bare COPY', copies.get(rows)!],
          [OVER_TRPC, await median(() => reader.read(`/trpc/series?input=${input}`))],
          ['series, over REST', await median(() => reader.read(`/api/metrics/${metric_name}?${query}`))],
        ]),
      );
    }
  } finally {
    reader.close();
    await app.stop();
  }
  return sections;
}

async function median(call: () => Promise<unknown>): Promise<number> {
  await timeCalls(WARM_UP_ROUNDS, call);
  await sleep(100);
  return quantile(await timeCalls(ROUNDS, call), 0.5);
}
