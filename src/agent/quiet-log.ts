const REPEAT_AFTER_MS = 60_000;

/** The part of a pino logger that is used here. */
export interface WarningLog {
  warn(fields: object, message: string): void;
}

/** Logs a warning unless the same one was logged within the last minute. */
export type QuietLog = (message: string, error: unknown) => void;

/** Wraps a logger so that what fails every few seconds fills no disk. */
export function createQuietLog(logger: WarningLog): QuietLog {
  const loggedAtMs = new Map<string, number>();
  return (message, error) => {
    const nowMs = performance.now();
    if (nowMs - (loggedAtMs.get(message) ?? Number.NEGATIVE_INFINITY) < REPEAT_AFTER_MS) return;
    loggedAtMs.set(message, nowMs);
    logger.warn({ err: error }, message);
  };
}
