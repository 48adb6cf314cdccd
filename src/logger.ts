import { type Logger, pino } from 'pino';
import type { Config } from './config.ts';

/** The program's log: JSON lines on standard output. */
export function createLogger(config: Config): Logger {
  return pino({ level: config.LOG_LEVEL });
}
