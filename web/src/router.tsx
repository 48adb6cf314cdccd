import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('popstate', listener);
  };
}

/** The path and query that the page shows, as one string. */
export function useAddress(): string {
  return useSyncExternalStore(subscribe, () => location.pathname + location.search);
}

/** Shows another address of this page. `zoomed` marks one that going back leaves again. */
export function navigate(address: string, options: { replace?: boolean; zoomed?: boolean } = {}): void {
  const state = { zoomed: options.zoomed === true };
  if (options.replace) history.replaceState(history.state, '', address);
  else history.pushState(state, '', address);
  for (const listener of listeners) listener();
}

/** Whether the address was reached by zooming in, so that going back zooms out. */
export function isZoomed(): boolean {
  return (history.state as { zoomed?: boolean } | null)?.zoomed === true;
}

/** A link within the page; with a modifier key or another button it is the browser's own. */
export function Link({ href, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(href);
    scrollTo(0, 0);
  };
  return <a href={href} onClick={follow} {...rest} />;
}
