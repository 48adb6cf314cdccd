import { useCallback, useRef } from 'react';

/** A function that does its work at most once in `everyMs`, at the first of its calls. */
export function useSeldom(work: () => void, everyMs: number): () => void {
  const latest = useRef(work);
  latest.current = work;
  const doneMs = useRef(Number.NEGATIVE_INFINITY);
  return useCallback(() => {
    if (performance.now() - doneMs.current < everyMs) return;
    doneMs.current = performance.now();
    latest.current();
  }, [everyMs]);
}
