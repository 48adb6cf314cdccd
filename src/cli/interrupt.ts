/**
 * Turns the first Ctrl-C (SIGINT, or SIGTERM) into an aborted signal, so that a command can end after the batch under
 * way. A second one ends the process at once, as if nobody listened.
 */
export function interruptSignal(): AbortSignal {
  const interrupt = new AbortController();
  const abort = () => interrupt.abort();
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  return interrupt.signal;
}
