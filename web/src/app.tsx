import { useEffect } from 'react';
import { ChartPage } from './chart/chart-page.tsx';
import { parseChartState } from './chart-state.ts';
import { Overview } from './overview/overview.tsx';
import { Link, useAddress } from './router.tsx';
import { ThemeButton } from './ui/theme.tsx';

const TITLES: Record<string, string> = { '/': 'Overview', '/chart': 'Charts' };

/** The frame of the page, and in it what the address names. */
export function App() {
  const address = useAddress();
  const { pathname, search } = new URL(address, location.origin);
  useEffect(() => {
    document.title = `${TITLES[pathname] ?? 'Not found'} · Hyperdash`;
  }, [pathname]);
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="top">
        <Link href="/" className="brand" aria-label="Hyperdash, overview">
          <img src="/icon.svg" alt="" width="26" height="26" />
          Hyperdash
        </Link>
        <nav aria-label="Pages">
          <Link href="/" aria-current={pathname === '/' ? 'page' : undefined}>
            Overview
          </Link>
          <Link href="/chart" aria-current={pathname === '/chart' ? 'page' : undefined}>
            Charts
          </Link>
          <a href="/docs">API</a>
        </nav>
        <ThemeButton />
      </header>
      <main id="main">
        <Page pathname={pathname} search={search} />
      </main>
    </>
  );
}

function Page({ pathname, search }: { readonly pathname: string; readonly search: string }) {
  if (pathname === '/') return <Overview />;
  if (pathname === '/chart') return <ChartPage state={parseChartState(search)} />;
  return (
    <div className="trouble">
      <strong>There is no such page.</strong>
      <Link href="/">Go to the overview</Link>
    </div>
  );
}
