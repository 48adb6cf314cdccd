import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Reader, reading } from './reading.ts';

const EVENT_LOOP_RESOLUTION_MS = 50;
const NANOSECONDS = 1e9;
/** Other programs on the host may send metrics of these names too. */
const LABELS = { process: 'hyperdash' };

/**
 * Reads Hyperdash's own figures, named as Prometheus' client for Node names them (label `process`), except
 * `process_cpu_usage`: percent of one core since the last call, so that it may pass 100.
 */
export function processReader(): Reader {
  const delay = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS });
  delay.enable();
  let cpuMs = cpuTimeMs();
  let atMs = performance.now();
  return {
    subject: 'process',
    async read() {
      const nowMs = performance.now();
      const nowCpuMs = cpuTimeMs();
      const cpuPercent = ((nowCpuMs - cpuMs) / (nowMs - atMs)) * 100;
      atMs = nowMs;
      cpuMs = nowCpuMs;
      const memory = process.memoryUsage();
      // The histogram holds the time between two ticks, the resolution included.
      const lagSeconds = delay.percentile(99) / NANOSECONDS - EVENT_LOOP_RESOLUTION_MS / 1000;
      delay.reset();
      return [
        reading('process_cpu_usage', cpuPercent, 'percent', LABELS),
        reading('process_resident_memory_bytes', memory.rss, 'bytes', LABELS),
        reading('nodejs_heap_size_used_bytes', memory.heapUsed, 'bytes', LABELS),
        reading('nodejs_external_memory_bytes', memory.external, 'bytes', LABELS),
        reading('nodejs_eventloop_lag_p99_seconds', Math.max(0, lagSeconds), 'seconds', LABELS),
      ];
    },
    close: () => {
      delay.disable();
    },
  };
}

function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
