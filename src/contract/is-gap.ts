import type { LiveEvent, LiveGap } from './live.ts';

/** Tells a gap from a sample. Apart from the schemas, so that a client does not bring them along. */
export function isGap(event: LiveEvent): event is LiveGap {
  return 'gap' in event;
}
