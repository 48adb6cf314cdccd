import { useEffect, useState } from 'react';

/** The time now in epoch milliseconds, renewed every second while the page is seen. */
export function useNow(everyMs = 1000): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNowMs(Date.now());
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
}
