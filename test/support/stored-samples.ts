import type { Config } from '../../src/config.ts';
import { createLogger } from '../../src/logger.ts';
import { openStore } from '../../src/open-store.ts';

/** A sample as it stands in the database. */
export interface StoredSample {
  readonly metric_name: string;
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Epoch microseconds. */
  readonly time_us: number;
  readonly value: number;
}

/** Reads every sample of the metrics whose name starts so; the program must not be running on the embedded engine. */
export async function storedSamples(config: Config, namePrefix = ''): Promise<StoredSample[]> {
  const store = await openStore(config, 'test', createLogger(config));
  try {
    const { rows } = await store.engine.pool.query<StoredSample>(
      `SELECT metric_name, host, labels, (extract(epoch FROM time) * 1000000)::int8 AS time_us, value
       FROM metrics WHERE starts_with(metric_name, $1)`,
      [namePrefix],
    );
    return rows;
  } finally {
    await store.close();
  }
}
