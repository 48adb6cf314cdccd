import type { Socket } from 'node:net';
import type { Principal } from '../domain/principal.ts';
import type { LiveCounters } from '../live/counters.ts';
import type { Access } from './access.ts';
import { peerOf, unreachablePeers } from './unreachable-peers.ts';

/** Bounds of connections that stay open. */
export interface ConnectionLimits {
  readonly maxConnections: number;
  readonly maxSubscriptions: number;
  /** Between two pings; a connection that has not answered by the next one is ended. */
  readonly heartbeatMs: number;
  /** How long a client has to say its key. */
  readonly authenticateMs: number;
  /** A client that has something waiting and takes nothing for so long is closed. */
  readonly stalledMs: number;
  /** How long clients have to go when the server stops. */
  readonly graceMs: number;
}

/** What a server allows unless told otherwise. */
export const CONNECTION_LIMITS: ConnectionLimits = {
  maxConnections: 10_000,
  maxSubscriptions: 100,
  heartbeatMs: 15_000,
  authenticateMs: 10_000,
  stalledMs: 60_000,
  graceMs: 2_000,
};

/** A connection that stays open, as its door made it. */
export interface Connection {
  readonly socket: Socket;
  /** Who is at the other end. */
  readonly principal: Principal;
  /** Asks for a sign of life, or gives one. */
  ping(): void;
  /** Whether there has been a sign of life since the last call. */
  takeAlive(): boolean;
  /** Closes it since its client takes nothing. */
  closeStalled(): void;
  /** Closes it since its client's key is not known, or not any more. */
  closeForbidden(): void;
  /** Tells the client to connect anew, and closes it. */
  closeForRestart(): void;
}

interface Tracked {
  readonly connection: Connection;
  readonly addedMs: number;
  sentBytes: number;
  waitingSinceMs: number | undefined;
  /** A ping has gone out that the client should have answered by the next look. */
  pinged: boolean;
}

/** Connections are looked after in so many groups, one after the other, so that thousands of pings never coincide. */
const GROUPS = 15;
/** Between two looks for clients that the network does not reach; with a ping before, they are found within 30 s. */
const UNREACHABLE_EVERY_MS = 5_000;

/** Every connection that stays open: counted, pinged, and closed when it is dead, stalled or the server stops. */
export class LiveConnections {
  readonly #limits: ConnectionLimits;
  readonly #access: Access;
  readonly #counters: LiveCounters;
  readonly #groups: readonly Set<Tracked>[] = Array.from({ length: GROUPS }, () => new Set());
  readonly #timers: readonly NodeJS.Timeout[];
  #turn = 0;
  #size = 0;
  #closing = false;

  constructor(limits: ConnectionLimits, counters: LiveCounters, access: Access) {
    this.#limits = limits;
    this.#access = access;
    this.#counters = counters;
    this.#timers = [
      setInterval(() => this.#lookAfter(), limits.heartbeatMs / GROUPS).unref(),
      setInterval(() => void this.#endUnreachable(), UNREACHABLE_EVERY_MS).unref(),
    ];
  }

  /** Whether another connection may be opened. */
  get hasRoom(): boolean {
    return !this.#closing && this.#size < this.#limits.maxConnections;
  }

  /** Looks after a connection until its socket closes. */
  add(connection: Connection): void {
    const group = this.#groups[Math.floor(Math.random() * GROUPS)]!;
    const tracked = {
      connection,
      addedMs: performance.now(),
      sentBytes: 0,
      waitingSinceMs: undefined,
      pinged: false,
    };
    group.add(tracked);
    this.#counters.connections = ++this.#size;
    connection.socket.setNoDelay(true);
    connection.socket.once('close', () => {
      group.delete(tracked);
      this.#counters.connections = --this.#size;
    });
  }

  /** Tells all clients to go; resolves when they have, at the latest after the time of grace. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const timer of this.#timers) clearInterval(timer);
    const sockets = this.#all().map(({ connection }) => {
      connection.closeForRestart();
      return connection.socket;
    });
    const gone = Promise.all(
      sockets.map((socket) => socket.destroyed || new Promise((resolve) => socket.once('close', resolve))),
    );
    const cutOff = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, this.#limits.graceMs);
    await gone;
    clearTimeout(cutOff);
  }

  #all(): Tracked[] {
    return this.#groups.flatMap((group) => [...group]);
  }

  #lookAfter(): void {
    this.#turn = (this.#turn + 1) % GROUPS;
    const nowMs = performance.now();
    for (const tracked of this.#groups[this.#turn]!) this.#examine(tracked, nowMs);
  }

  /** SSE has no answer to a ping: only the kernel knows that what is sent arrives nowhere. */
  async #endUnreachable(): Promise<void> {
    if (this.#size === 0) return;
    const unreachable = await unreachablePeers();
    if (unreachable.size === 0) return;
    for (const { connection } of this.#all()) {
      if (unreachable.has(peerOf(connection.socket))) connection.socket.destroy();
    }
  }

  #examine(tracked: Tracked, nowMs: number): void {
    const { connection } = tracked;
    const { socket, principal } = connection;
    if (nowMs - tracked.addedMs >= this.#limits.authenticateMs && !this.#access.stillHolds(principal)) {
      connection.closeForbidden();
    }
    const alive = connection.takeAlive();
    const sentBytes = socket.bytesWritten - socket.writableLength;
    const hasBacklog = socket.writableLength > 0;
    const waits = hasBacklog && sentBytes === tracked.sentBytes;
    tracked.sentBytes = sentBytes;
    tracked.waitingSinceMs = waits ? (tracked.waitingSinceMs ?? nowMs) : undefined;
    if (hasBacklog) {
      // A ping would wait behind the rest: silence says nothing of whether the client lives.
      tracked.pinged = false;
      if (waits && nowMs - tracked.waitingSinceMs! >= this.#limits.stalledMs) connection.closeStalled();
    } else if (alive || !tracked.pinged) {
      tracked.pinged = true;
      connection.ping();
    } else {
      socket.destroy();
    }
  }
}
