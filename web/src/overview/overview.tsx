import { useQuery } from '@tanstack/react-query';
import { catalogue } from '../queries.ts';
import { Trouble } from '../ui/trouble.tsx';
import { AllMetrics } from './all-metrics.tsx';
import { FirstSample } from './first-sample.tsx';
import { Hosts } from './hosts.tsx';
import { keyMetrics } from './key-metrics.ts';
import { MetricCard } from './metric-card.tsx';
import { SelfLoad } from './self-load.tsx';

const CARDS_MAX = 8;

/** The first page: what matters of every host, whether they send, and how Hyperdash is doing. */
export function Overview() {
  const { data, error, refetch } = useQuery(catalogue.metrics);
  const metrics = data?.metrics ?? [];
  const names = metrics.map(({ metric_name }) => metric_name);
  const cards = keyMetrics(names).slice(0, CARDS_MAX);
  return (
    <>
      <h1 className="hidden">Overview</h1>
      {error && <Trouble error={error} onRetry={() => void refetch()} />}
      {data && metrics.length === 0 && <FirstSample />}
      {!data && !error && <div className="cards skeleton-cards" aria-hidden="true" />}
      {metrics.length > 0 && (
        <>
          <section aria-labelledby="now">
            <h2 id="now">
              Now <span className="count">and the last hour</span>
            </h2>
            <div className="cards">
              {cards.map((name) => (
                <MetricCard key={name} metric={metrics.find(({ metric_name }) => metric_name === name)!} />
              ))}
            </div>
          </section>
          <Hosts metrics={names} />
        </>
      )}
      <SelfLoad />
      {metrics.length > 0 && <AllMetrics metrics={metrics} />}
    </>
  );
}
