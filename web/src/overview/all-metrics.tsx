import { useState } from 'react';
import { chartAddress } from '../chart-state.ts';
import type { RouterOutputs } from '../client.ts';
import { Link } from '../router.tsx';

const SHOWN_MAX = 200;

/** Every metric by name, narrowed by what is typed. */
export function AllMetrics({ metrics }: { readonly metrics: RouterOutputs['metrics']['metrics'] }) {
  const [search, setSearch] = useState('');
  const found = metrics.filter(({ metric_name }) => metric_name.includes(search.trim().toLowerCase()));
  return (
    <section aria-labelledby="all-metrics">
      <div className="section-head">
        <h2 id="all-metrics">
          All metrics <span className="count">{metrics.length}</span>
        </h2>
        <input
          type="search"
          value={search}
          placeholder="Search"
          aria-label="Search metrics"
          onChange={(event) => setSearch(event.target.value)}
        />
      </div>
      <ul className="all-metrics card">
        {found.slice(0, SHOWN_MAX).map(({ metric_name, hosts, series }) => (
          <li key={metric_name}>
            <Link href={chartAddress({ metrics: [metric_name] })}>{metric_name}</Link>
            <span className="soft">
              {hosts} {hosts === 1 ? 'host' : 'hosts'}, {series} series
            </span>
          </li>
        ))}
        {found.length === 0 && <li className="soft">Nothing is called that.</li>}
        {found.length > SHOWN_MAX && <li className="soft">and {found.length - SHOWN_MAX} more</li>}
      </ul>
    </section>
  );
}
