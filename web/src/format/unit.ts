/** A value in words that fit its size: `12.3` and `MiB`. */
export interface Worded {
  readonly number: string;
  /** Empty where there is none. */
  readonly unit: string;
}

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
const SECONDS: readonly (readonly [limit: number, perSecond: number, unit: string])[] = [
  [1e-3, 1e6, 'µs'],
  [1, 1e3, 'ms'],
  [120, 1, 's'],
  [7200, 1 / 60, 'min'],
  [172_800, 1 / 3600, 'h'],
  [Number.POSITIVE_INFINITY, 1 / 86_400, 'd'],
];
const DECIMAL = ['', 'k', 'M', 'G', 'T', 'P'];

/** The unit of a metric: what its senders said, or what its name says. */
export function unitOf(metricName: string, unit: string | null | undefined): string {
  if (unit) return unit;
  if (/bytes_per_second$/.test(metricName)) return 'bytes_per_second';
  if (/_bytes$/.test(metricName)) return 'bytes';
  if (/_seconds$/.test(metricName)) return 'seconds';
  if (/_(percent|usage)$/.test(metricName)) return 'percent';
  return '';
}

/** A value of a unit, in three significant digits or so. */
export function worded(value: number, unit: string): Worded {
  switch (unit) {
    case 'percent':
      return { number: digits(value, 1), unit: '%' };
    case 'bytes':
      return scaled(value, 1024, BINARY, '');
    case 'bytes_per_second':
      return scaled(value, 1024, BINARY, '/s');
    case 'seconds': {
      const size = Math.abs(value);
      const [, factor, name] = SECONDS.find(([limit]) => size < limit)!;
      return size === 0 ? { number: '0', unit: 's' } : { number: digits(value * factor), unit: name };
    }
    default:
      return scaled(value, 1000, DECIMAL, unit && ` ${unit}`, 100_000);
  }
}

/** {@link worded} in one string. */
export function withUnit(value: number, unit: string): string {
  const { number, unit: name } = worded(value, unit);
  return name ? `${number} ${name}` : number;
}

/** {@link withUnit} without zeros that say nothing: for the marks of an axis. */
export function axisValue(value: number, unit: string): string {
  return withUnit(value, unit).replace(/\.0+(?!\d)|(\.\d*[1-9])0+(?!\d)/, '$1');
}

function scaled(value: number, base: number, steps: readonly string[], suffix: string, from = base): Worded {
  const size = Math.abs(value);
  if (size < from) return { number: digits(value), unit: `${steps[0]}${suffix}`.trim() };
  const step = Math.min(steps.length - 1, Math.floor(Math.log(size) / Math.log(base)));
  return { number: digits(value / base ** step), unit: `${steps[step]}${suffix}` };
}

function digits(value: number, decimals?: number): string {
  const size = Math.abs(value);
  const shown = decimals ?? (Number.isInteger(value) ? 0 : size >= 100 ? 0 : size >= 10 ? 1 : 2);
  if (size > 0 && size < 0.005 && decimals === undefined) return value.toPrecision(2);
  return value.toLocaleString('en', { minimumFractionDigits: shown, maximumFractionDigits: shown });
}

/** Titles of the agent's own metrics whose names do not read well. */
const TITLES: Readonly<Record<string, string>> = {
  load1: 'Load, 1 minute',
  network_receive_bytes_per_second: 'Network in',
  network_transmit_bytes_per_second: 'Network out',
  process_cpu_usage: 'CPU usage of Hyperdash',
  process_resident_memory_bytes: 'Memory of Hyperdash',
  nodejs_heap_size_used_bytes: 'Heap used',
  nodejs_external_memory_bytes: 'External memory',
  nodejs_eventloop_lag_p99_seconds: 'Event loop lag, p99',
};

/** `cpu_usage` as a title: `CPU usage`. */
export function metricTitle(metricName: string): string {
  if (Object.hasOwn(TITLES, metricName)) return TITLES[metricName]!;
  const words = metricName
    .replaceAll(/[_.]+/g, ' ')
    .replace(/ ?\bbytes per second$/, '')
    .replace(/ bytes$/, '');
  const title = words.replaceAll(/\b(cpu|rss|io|http|p\d\d)\b/g, (word) => word.toUpperCase());
  return title.charAt(0).toUpperCase() + title.slice(1);
}
