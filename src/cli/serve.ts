import { createApp } from '../app.ts';
import type { Config } from '../config.ts';

/** Whatever is still under way so long after the signal is given up. */
const STOP_WITHIN_MS = 9_500;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Runs the server until a signal ends it; a second signal ends it at once. */
export async function runServer(config: Config): Promise<void> {
  const app = createApp(config);
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    app.logger.info({ signal }, 'stopping');
    setTimeout(() => {
      app.logger.warn('gave up what was still under way');
      process.exit(0);
    }, STOP_WITHIN_MS);
    app.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        app.logger.error(error, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  await app.start();
}
