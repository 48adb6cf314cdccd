import type { LiveSample } from './rows.ts';

/** How new samples reach a chart: by a stream, by asking again, or not at all as its range does not end now. */
export type LiveState = 'off' | 'connecting' | 'live' | 'reconnecting' | 'resumed' | 'polling';

/** What to follow. */
export interface LiveQuestion {
  readonly metric: string;
  readonly hosts: readonly string[];
  readonly match: readonly string[];
  /** Epoch milliseconds from which samples are wanted; undefined while it is not known, and no stream is opened. */
  readonly sinceMs: number | undefined;
}

export function useLive(question: LiveQuestion | null, _onSample: (sample: LiveSample) => void): LiveState {
  return question === null ? 'off' : 'polling';
}
