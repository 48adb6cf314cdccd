import type { LiveState } from './use-live.ts';

const WORDS: Record<Exclude<LiveState, 'off'>, readonly [text: string, title: string]> = {
  connecting: ['Connecting', 'The stream of new samples is being opened.'],
  live: ['Live', 'New samples appear as they are stored.'],
  reconnecting: ['Reconnecting', 'The stream was cut; it goes on where it stopped.'],
  resumed: ['Resumed', 'The stream goes on where it stopped; nothing is missing.'],
  polling: ['Every 10 s', 'No stream here: the server is asked every 10 s.'],
};

/** Says how new samples reach the chart. */
export function LivePill({ state }: { readonly state: LiveState }) {
  if (state === 'off') return null;
  const [text, title] = WORDS[state];
  return (
    <span className={`pill ${state}`} role="status" title={title}>
      {text}
    </span>
  );
}
