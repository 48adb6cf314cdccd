import { stat, statfs } from 'node:fs/promises';
import { mountedFilesystems, realFilesystems } from './filesystems.ts';
import { type Reader, type Reading, reading } from './reading.ts';

/** Reads `disk_usage` of each real file system (label `mount`): used, of what a user could use, 0–100, as `df` does. */
export function diskReader(): Reader {
  const filesystems = mountedFilesystems();
  return {
    subject: 'disk',
    async read() {
      const readings = await Promise.all(
        realFilesystems(await filesystems()).map(({ mount }) => diskUsage(mount)),
      );
      return readings.filter((each) => each !== undefined);
    },
  };
}

async function diskUsage(mount: string): Promise<Reading | undefined> {
  try {
    // A container may have single files mounted from the host's disk.
    if (!(await stat(mount)).isDirectory()) return undefined;
    const { blocks, bfree, bavail } = await statfs(mount);
    const used = blocks - bfree;
    return reading('disk_usage', (used / (used + bavail)) * 100, 'percent', { mount });
  } catch {
    // One mount that is gone or closed to us must not hide the others.
    return undefined;
  }
}
