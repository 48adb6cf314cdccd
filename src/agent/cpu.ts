import { readFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { type Reader, reading } from './reading.ts';

/** Processor time since boot over all cores, in any one unit. */
export interface CpuTime {
  readonly busy: number;
  readonly total: number;
}

/**
 * Reads `cpu_usage`: the share of all cores' time since the last call that was not idle, 0–100.
 * Waiting for I/O counts as idle, time stolen by the hypervisor as busy.
 */
export function cpuReader(): Reader {
  let before: CpuTime | undefined;
  return {
    subject: 'cpu',
    async read() {
      const now = await cpuTime();
      const elapsed = before ? now.total - before.total : 0;
      const busy = before ? now.busy - before.busy : 0;
      before = now;
      if (elapsed <= 0) return [];
      return [reading('cpu_usage', clampPercent((busy / elapsed) * 100), 'percent')];
    },
  };
}

/** Reads `load1`: runnable processes averaged over a minute; nothing on Windows, which has no such figure. */
export function loadReader(): Reader {
  return {
    subject: 'load',
    read: async () => (process.platform === 'win32' ? [] : [reading('load1', loadavg()[0]!)]),
  };
}

// os.cpus() leaves out iowait, softirq and steal, and opens several files for every core.
async function cpuTime(): Promise<CpuTime> {
  if (process.platform === 'linux') return parseProcStat(await readFile('/proc/stat', 'utf8'));
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const active = times.user + times.nice + times.sys + times.irq;
    busy += active;
    total += active + times.idle;
  }
  return { busy, total };
}

/**
 * Reads the first line of Linux's `/proc/stat` (proc_stat(5)).
 * @throws Error where the line is not there
 */
export function parseProcStat(text: string): CpuTime {
  const fields = /^cpu +([\d ]+)/.exec(text)?.[1]?.trim().split(/ +/).map(Number);
  if (!fields || fields.length < 4) throw new Error('/proc/stat has no cpu line');
  // The last two fields, guest and guest_nice, are within user and nice already.
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = fields;
  const busy = user + nice + system + irq + softirq + steal;
  return { busy, total: busy + idle + iowait };
}

// Kernels let single counters run backwards by a tick.
function clampPercent(percent: number): number {
  return Math.min(100, Math.max(0, percent));
}
