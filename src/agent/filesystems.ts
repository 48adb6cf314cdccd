import { readFile } from 'node:fs/promises';
import { fsSize } from 'systeminformation';

/** A mounted file system. */
export interface Filesystem {
  readonly device: string;
  readonly mount: string;
  readonly type: string;
}

/** Images that are full by nature. */
const READ_ONLY_TYPES = new Set(['squashfs', 'erofs', 'iso9660', 'udf', 'cramfs', 'fuse.squashfuse']);

/** Without a device of their own, yet on this machine's disks. */
const DEVICELESS_TYPES = new Set(['zfs', 'bcachefs']);

/** Mounts that come and go with containers, snaps and sessions, and single files mounted into a container. */
const PASSING_MOUNT =
  /^\/(dev|proc|run|snap|sys|etc\/(hosts|hostname|resolv\.conf)|var\/lib\/(docker|containers|kubelet|snapd))(\/|$)/;

/** Listing mounts costs several child processes where there is no `/proc`. */
const LIST_EVERY_MS = 300_000;

/** Gives the mounted file systems, from Linux's `/proc` at every call and elsewhere listed every five minutes. */
export function mountedFilesystems(): () => Promise<readonly Filesystem[]> {
  if (process.platform === 'linux') {
    return async () => parseProcMounts(await readFile('/proc/self/mounts', 'utf8'));
  }
  let listed: readonly Filesystem[] = [];
  let listedAtMs = Number.NEGATIVE_INFINITY;
  return async () => {
    if (performance.now() - listedAtMs >= LIST_EVERY_MS) {
      const sizes = await fsSize();
      listed = sizes.map(({ fs, mount, type }) => ({ device: fs, mount, type }));
      listedAtMs = performance.now();
    }
    return listed;
  };
}

/** Reads Linux's `/proc/self/mounts` (fstab(5): fields split by spaces, special characters as octal escapes). */
export function parseProcMounts(text: string): Filesystem[] {
  const filesystems: Filesystem[] = [];
  for (const line of text.split('\n')) {
    const [device, mount, type] = line.split(' ').map(unescapeOctal);
    if (device && mount && type) filesystems.push({ device, mount, type });
  }
  return filesystems;
}

function unescapeOctal(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/**
 * Keeps the root and what lies on a local device, writable by nature; each device once, by its shortest mount
 * (a bind mount repeats its device; the volumes of an APFS container share one space).
 */
export function realFilesystems(mounted: readonly Filesystem[]): Filesystem[] {
  const byDevice = new Map<string, Filesystem>();
  for (const filesystem of mounted) {
    const { device, mount, type } = filesystem;
    if (READ_ONLY_TYPES.has(type.toLowerCase()) || PASSING_MOUNT.test(mount)) continue;
    if (mount !== '/' && !isLocalDevice(device) && !DEVICELESS_TYPES.has(type)) continue;
    const key = device.replace(/^(\/dev\/disk\d+)(s\d+)+$/, '$1');
    const kept = byDevice.get(key);
    // Of two mounts on one directory the later hides the earlier.
    if (!kept || mount.length <= kept.mount.length) byDevice.set(key, filesystem);
  }
  return [...new Map([...byDevice.values()].map((filesystem) => [filesystem.mount, filesystem])).values()];
}

function isLocalDevice(device: string): boolean {
  return device.startsWith('/dev/') || /^[A-Z]:$/.test(device);
}
