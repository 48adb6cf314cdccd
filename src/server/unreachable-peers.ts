import { readFile } from 'node:fs/promises';
import { type Socket, SocketAddress } from 'node:net';

/** The kernel waits 0.2 s for the first and twice as long for each that follows: about 6 s, more where the way is long. */
const RETRANSMISSIONS_MIN = 5;

/** The other end of a connection, and the port at this one. */
export type Peer = Pick<Socket, 'localPort' | 'remoteAddress' | 'remotePort'>;

/** Names the other end of a connection. */
export function peerOf({ localPort, remoteAddress, remotePort }: Peer): string {
  return `${localPort} ${remoteAddress} ${remotePort}`;
}

/**
 * The peers, named by {@link peerOf}, that have acknowledged nothing of what was sent however often it was repeated: as
 * Linux tells; none elsewhere. A peer that is there but reads nothing acknowledges, so it is not among them.
 */
export async function unreachablePeers(): Promise<Set<string>> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/self/net/${name}`, 'latin1').catch(() => '')),
  );
  return new Set(tables.flatMap((table) => retransmitting(table).map(peerOf)));
}

/** Reads a table of proc_net_tcp (kernel documentation): timer 1 is that of retransmissions, their number follows. */
function retransmitting(table: string): Peer[] {
  const row = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) .. \S+ 01:\S+ ([0-9A-F]{8}) /gm;
  return [...table.matchAll(row)]
    .filter(([, , , , retransmissions]) => Number.parseInt(retransmissions!, 16) >= RETRANSMISSIONS_MIN)
    .map(([, localPort, address, remotePort]) => ({
      localPort: Number.parseInt(localPort!, 16),
      remoteAddress: readAddress(address!),
      remotePort: Number.parseInt(remotePort!, 16),
    }));
}

/** An address as Node writes it; the kernel writes words of 32 bits, little-endian on every common machine. */
function readAddress(hex: string): string {
  const bytes = Buffer.from(hex, 'hex').swap32();
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16));
  return new SocketAddress({ family: 'ipv6', address: groups.join(':') }).address;
}
