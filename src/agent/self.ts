import { type Reader, type Reading, reading } from './reading.ts';

/** A figure of the program itself, as `/metrics` shows it. */
export interface SelfFigure {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * Reads what Hyperdash does, so that it can chart itself: gauges as they are, counters as `<name>_per_second` since the
 * last call. A counter that has never moved gives nothing.
 */
export function selfReader(read: () => Promise<readonly SelfFigure[]>): Reader {
  let before = new Map<string, number>();
  let beforeMs = performance.now();
  return {
    subject: 'Hyperdash itself',
    async read() {
      const figures = await read();
      const nowMs = performance.now();
      const seconds = (nowMs - beforeMs) / 1000;
      const now = new Map<string, number>();
      const readings: Reading[] = [];
      for (const { name, type, labels, value } of figures) {
        if (type === 'gauge') {
          readings.push(reading(name, value, name.endsWith('_seconds') ? 'seconds' : undefined, labels));
          continue;
        }
        if (value === 0) continue;
        const key = JSON.stringify([name, labels]);
        now.set(key, value);
        const rate = (value - (before.get(key) ?? 0)) / seconds;
        readings.push(reading(`${name.replace(/_total$/, '')}_per_second`, rate, undefined, labels));
      }
      const primed = before.size > 0 || now.size === 0;
      before = now;
      beforeMs = nowMs;
      return primed ? readings : readings.filter(({ metric_name }) => !metric_name.endsWith('_per_second'));
    },
  };
}
