import { useRef } from 'react';

/** How fast a counter grows, a second, between the last two times it was read; undefined until it was read twice. */
export function useRate(counter: number | undefined, readMs: number): number | undefined {
  const last = useRef<{ counter: number; readMs: number; rate?: number }>(undefined);
  if (counter !== undefined && last.current?.readMs !== readMs) {
    const before = last.current;
    const grown = before && counter >= before.counter;
    last.current = {
      counter,
      readMs,
      ...(grown && { rate: (counter - before.counter) / ((readMs - before.readMs) / 1000) }),
    };
  }
  return last.current?.rate;
}
