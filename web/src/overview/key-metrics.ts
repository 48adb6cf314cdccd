/** What people want to see first, in this order. */
const FIRST = [
  'cpu_usage',
  'memory_usage',
  'disk_usage',
  'load1',
  'network_receive_bytes_per_second',
  'network_transmit_bytes_per_second',
  'process_resident_memory_bytes',
  'nodejs_eventloop_lag_p99_seconds',
];

/** The names with those that matter most first, the others by alphabet. */
export function keyMetrics(names: readonly string[]): string[] {
  const known = FIRST.filter((name) => names.includes(name));
  return [...known, ...names.filter((name) => !FIRST.includes(name)).sort()];
}
