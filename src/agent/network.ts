import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { networkStats } from 'systeminformation';
import { type Reader, type Reading, reading } from './reading.ts';

/** Bytes of one network device since boot, or since it came up. */
export interface DeviceCounters {
  readonly device: string;
  readonly receivedBytes: number;
  readonly transmittedBytes: number;
}

/**
 * Reads `network_receive_bytes_per_second` and `network_transmit_bytes_per_second` of each device (label `device`)
 * over the time since the last call. Loopback is left out, and so is a device that never carried a byte.
 */
export function networkReader(): Reader {
  let before = new Map<string, DeviceCounters>();
  let beforeMs = 0;
  return {
    subject: 'network',
    async read() {
      const now = await deviceCounters();
      const nowMs = performance.now();
      const seconds = (nowMs - beforeMs) / 1000;
      const readings = now.flatMap((counters) => rates(before.get(counters.device), counters, seconds));
      before = new Map(now.map((counters) => [counters.device, counters]));
      beforeMs = nowMs;
      return readings;
    },
  };
}

/** The two rates of one device; none for a device that is new or whose counters started again. */
function rates(before: DeviceCounters | undefined, now: DeviceCounters, seconds: number): Reading[] {
  if (!before || now.receivedBytes + now.transmittedBytes === 0) return [];
  const received = now.receivedBytes - before.receivedBytes;
  const transmitted = now.transmittedBytes - before.transmittedBytes;
  if (received < 0 || transmitted < 0) return [];
  const labels = { device: now.device };
  return [
    reading('network_receive_bytes_per_second', received / seconds, 'bytes_per_second', labels),
    reading('network_transmit_bytes_per_second', transmitted / seconds, 'bytes_per_second', labels),
  ];
}

// On Linux the library runs a shell and seven `cat` for every device.
async function deviceCounters(): Promise<DeviceCounters[]> {
  if (process.platform === 'linux') return parseProcNetDev(await readFile('/proc/net/dev', 'utf8'));
  const devices = routableDevices();
  if (devices.length === 0) return [];
  const stats = await networkStats(devices.join(','));
  return stats.map(({ iface, rx_bytes, tx_bytes }) => ({
    device: iface,
    receivedBytes: rx_bytes,
    transmittedBytes: tx_bytes,
  }));
}

/** Devices with an address that is more than link-local: a Mac has a dozen others, each a child process to read. */
function routableDevices(): string[] {
  return Object.entries(networkInterfaces())
    .filter(([, addresses]) =>
      addresses?.some(({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/i.test(address)),
    )
    .map(([device]) => device);
}

/** Reads Linux's `/proc/net/dev` (proc_pid_net(5)) without `lo` and the `veth` ends of containers, which come and go. */
export function parseProcNetDev(text: string): DeviceCounters[] {
  const devices: DeviceCounters[] = [];
  for (const line of text.split('\n')) {
    const [, device, counters] = /^\s*([^\s:]+):\s*([\d\s]+)$/.exec(line) ?? [];
    if (!device || !counters || device === 'lo' || device.startsWith('veth')) continue;
    const fields = counters.trim().split(/\s+/).map(Number);
    devices.push({ device, receivedBytes: fields[0] ?? 0, transmittedBytes: fields[8] ?? 0 });
  }
  return devices;
}
