import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { PlotHandle } from './plot.tsx';

/** How often what stands beside the plot is renewed, in milliseconds. */
const BESIDE_MS = 500;

/**
 * Draws a plot at most once a frame, however many samples come, and none while the page is hidden; what stands beside it
 * is renewed twice a second.
 */
export function useRedraw(plot: RefObject<PlotHandle | null>, before: () => void): () => void {
  const latest = useRef(before);
  latest.current = before;
  const frame = useRef(0);
  const besideMs = useRef(0);
  const [, renew] = useState(0);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  return useCallback(() => {
    if (document.hidden) latest.current();
    if (document.hidden || frame.current !== 0) return;
    frame.current = requestAnimationFrame((nowMs) => {
      frame.current = 0;
      latest.current();
      plot.current?.redraw();
      if (nowMs - besideMs.current < BESIDE_MS) return;
      besideMs.current = nowMs;
      renew((count) => count + 1);
    });
  }, [plot]);
}
