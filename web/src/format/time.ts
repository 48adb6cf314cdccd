const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(undefined, { hourCycle: 'h23', ...options });
const SECOND = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
const MINUTE = format({ hour: '2-digit', minute: '2-digit' });
const DAY = format({ day: 'numeric', month: 'short' });
const MONTH = format({ month: 'short', year: 'numeric' });
const FULL = format({
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** An instant in the local zone, to the second. */
export function localTime(ms: number): string {
  return FULL.format(ms);
}

/** An instant in UTC, to the second: `2025-12-02 10:00:00 UTC`. */
export function utcTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** The mark of an axis whose marks are `stepMs` apart; the date where a day begins. */
export function axisTime(ms: number, stepMs: number): string {
  if (stepMs >= 28 * DAY_MS) return MONTH.format(ms);
  const date = new Date(ms);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
  if (stepMs >= DAY_MS || midnight) return DAY.format(ms);
  return (stepMs < MINUTE_MS ? SECOND : MINUTE).format(ms);
}

/** How long ago, in words: `12 s ago`. */
export function ago(ms: number, nowMs: number): string {
  const passedMs = Math.max(0, nowMs - ms);
  return passedMs < 2000 ? 'now' : `${duration(passedMs)} ago`;
}

/** A duration in its largest fitting unit: `90 s`, `15 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 100_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 2 * HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Math.round(ms / HOUR_MS)} h`;
  return `${Math.round(ms / DAY_MS)} d`;
}

/** The width of a bucket: `10 s`, `1 min`, `1 h`, `1 d`. */
export function bucketWidth(ms: number): string {
  if (ms % DAY_MS === 0) return `${ms / DAY_MS} d`;
  if (ms % HOUR_MS === 0) return `${ms / HOUR_MS} h`;
  if (ms % MINUTE_MS === 0) return `${ms / MINUTE_MS} min`;
  return `${ms / 1000} s`;
}

/** What `<input type="datetime-local">` takes and gives, in the local zone. */
export function toLocalInput(ms: number): string {
  const offsetMs = new Date(ms).getTimezoneOffset() * MINUTE_MS;
  return new Date(ms - offsetMs).toISOString().slice(0, 16);
}
