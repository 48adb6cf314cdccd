import { describe, expect, test } from 'vitest';
import { parseProcStat } from '../../src/agent/cpu.ts';
import { parseProcMounts, realFilesystems } from '../../src/agent/filesystems.ts';
import { parseProcNetDev } from '../../src/agent/network.ts';
import { createQuietLog } from '../../src/agent/quiet-log.ts';

test('/proc/stat: waiting for I/O is idle, stolen time is busy, guests are not counted twice', () => {
  const text = 'cpu  100 20 30 400 50 6 7 8 90 10\ncpu0 100 20 30 400 50 6 7 8 90 10\nintr 1\n';
  expect(parseProcStat(text)).toEqual({ busy: 171, total: 621 });
  expect(() => parseProcStat('intr 1\n')).toThrow('no cpu line');
});

test('/proc/net/dev: devices with their bytes, without loopback and veth', () => {
  const text = [
    'Inter-|   Receive                                                |  Transmit',
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
    '    lo:   13559     120    0    0    0     0          0         0    13559     120    0    0    0     0       0          0',
    '  eth0:387568418   11110    0    0    0     0          0         0   848419    7038    0    0    0     0       0          0',
    'veth1a2b: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0',
    '',
  ].join('\n');
  expect(parseProcNetDev(text)).toEqual([
    { device: 'eth0', receivedBytes: 387_568_418, transmittedBytes: 848_419 },
  ]);
});

describe('file systems', () => {
  const mounts = (text: string) => realFilesystems(parseProcMounts(text)).map(({ mount }) => mount);

  test('of a server: local disks only, each once, spaces in a mount restored', () => {
    const text = [
      'proc /proc proc rw 0 0',
      'udev /dev devtmpfs rw 0 0',
      'tmpfs /run tmpfs rw 0 0',
      '/dev/nvme0n1p2 / ext4 rw 0 0',
      '/dev/nvme0n1p1 /boot/efi vfat rw 0 0',
      '/dev/loop3 /snap/core/1 squashfs ro 0 0',
      '/dev/sdb1 /mnt/my\\040backup xfs rw 0 0',
      '/dev/sdb1 /srv/export/of/backup xfs rw 0 0',
      'nas:/volume1 /mnt/nas nfs4 rw 0 0',
      'tank/home /home zfs rw 0 0',
      'overlay /var/lib/docker/overlay2/abc/merged overlay rw 0 0',
      '',
    ].join('\n');
    expect(mounts(text)).toEqual(['/', '/boot/efi', '/mnt/my backup', '/home']);
  });

  test('of a container: its overlay root, and a volume', () => {
    const text = [
      'overlay / overlay rw,lowerdir=/a:/b 0 0',
      'tmpfs /dev tmpfs rw 0 0',
      '/dev/vda1 /etc/hosts ext4 rw 0 0',
      '/dev/vda1 /var/lib/postgresql ext4 rw 0 0',
      'shm /dev/shm tmpfs rw 0 0',
    ].join('\n');
    expect(mounts(text)).toEqual(['/', '/var/lib/postgresql']);
  });

  test('of a Mac: the volumes of one APFS container count once', () => {
    const listed = [
      { device: '/dev/disk3s1s1', mount: '/', type: 'apfs' },
      { device: 'devfs', mount: '/dev', type: 'devfs' },
      { device: '/dev/disk3s6', mount: '/System/Volumes/VM', type: 'apfs' },
      { device: '/dev/disk3s5', mount: '/System/Volumes/Data', type: 'apfs' },
      { device: '/dev/disk5s1', mount: '/Volumes/Backup', type: 'exfat' },
    ];
    expect(realFilesystems(listed).map(({ mount }) => mount)).toEqual(['/', '/Volumes/Backup']);
  });
});

test('the quiet log lets each message through once', () => {
  const warnings: unknown[] = [];
  const log = createQuietLog({ warn: (fields, message) => warnings.push([fields, message]) });
  const error = new Error('x');
  log('a', error);
  log('a', error);
  log('b', undefined);
  expect(warnings).toEqual([
    [{ err: error }, 'a'],
    [{ err: undefined }, 'b'],
  ]);
});
