/** What the live streams of this node have done since it started; `connections` and `subscriptions` are now. */
export interface LiveCounters {
  /** Open WebSockets and SSE streams. */
  connections: number;
  subscriptions: number;
  /** Events sent. */
  events: number;
  /** Samples that slow consumers did not get. */
  dropped: number;
  /** Gaps told to subscribers. */
  gaps: number;
  /** Streams that were resumed or asked for the past. */
  replays: number;
}

/** Counters at zero. */
export function createCounters(): LiveCounters {
  return { connections: 0, subscriptions: 0, events: 0, dropped: 0, gaps: 0, replays: 0 };
}
