import { useEffect, useRef, useState } from 'react';
import { isGap } from '../../../src/client.ts';
import { client } from '../client.ts';
import type { LiveSample } from './rows.ts';

/** How new samples reach a chart: by a stream, by asking again, or not at all as its range does not end now. */
export type LiveState = 'off' | 'connecting' | 'live' | 'reconnecting' | 'resumed' | 'polling';

/** What to follow. */
export interface LiveQuestion {
  readonly metric: string;
  readonly hosts: readonly string[];
  readonly match: readonly string[];
  /** Samples from here on are wanted, in epoch milliseconds; undefined for new ones alone. */
  readonly sinceMs: number | undefined;
  /** Another answer, which the stream has to go on from anew. */
  readonly answeredMs: number;
}

/** Whom a stream tells. */
export interface LiveListener {
  readonly onSample: (sample: LiveSample) => void;
  /** Samples are missing from the stream: the server has them. */
  readonly onGap: () => void;
}

/** Without a stream for so long, the server is asked again and again until there is one. */
const PATIENCE_MS = 5_000;
/** How long it is said that a stream was resumed. */
const RESUMED_MS = 5_000;

/** Follows the samples of a metric over the page's one WebSocket, which goes on after its last event where it was cut. */
export function useLive(question: LiveQuestion | null, listener: LiveListener): LiveState {
  const [state, setState] = useState<LiveState>('off');
  const latest = useRef({ question, listener });
  latest.current = { question, listener };
  const key =
    question && JSON.stringify([question.metric, question.hosts, question.match, question.answeredMs]);

  useEffect(() => {
    if (key === null) {
      setState('off');
      return;
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const become = (next: LiveState, thenMs?: number, then?: LiveState) => {
      clearTimeout(timer);
      setState(next);
      if (then !== undefined) timer = setTimeout(() => setState(then), thenMs);
    };
    let wasCut = false;
    const { metric, hosts, match, sinceMs } = latest.current.question!;
    const lost = (first: LiveState) => {
      if (!wasCut) become(first, PATIENCE_MS, 'polling');
    };
    const subscription = client.live.subscribe(
      {
        metric_name: metric,
        // One host is the server's to choose, more are chosen here.
        ...(hosts.length === 1 && { host: hosts[0]! }),
        ...(match.length > 0 && { match: [...match] }),
        ...(sinceMs !== undefined && { since: Math.floor(sinceMs) }),
      },
      {
        onConnectionStateChange({ state: connection, error }) {
          if (connection === 'pending') {
            if (wasCut) become('resumed', RESUMED_MS, 'live');
            else become('live');
            wasCut = false;
          } else if (connection === 'connecting' && error) {
            lost('reconnecting');
            wasCut = true;
          }
        },
        onData({ data }) {
          if (isGap(data)) latest.current.listener.onGap();
          else if (hosts.length === 0 || hosts.includes(data.host)) {
            const { host, labels, time, value } = data;
            latest.current.listener.onSample({ host, labels, timeMs: time.getTime(), value });
          }
        },
        onError: () => become('polling'),
      },
    );
    setState((before) => (before === 'off' ? 'connecting' : before));
    timer = setTimeout(
      () => setState((before) => (before === 'connecting' ? 'polling' : before)),
      PATIENCE_MS,
    );
    return () => {
      clearTimeout(timer);
      subscription.unsubscribe();
    };
  }, [key]);
  return state;
}
