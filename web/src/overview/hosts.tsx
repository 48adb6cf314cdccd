import { useQuery } from '@tanstack/react-query';
import { chartAddress } from '../chart-state.ts';
import { byName } from '../format/by-name.ts';
import { ago, localTime, utcTime } from '../format/time.ts';
import { catalogue } from '../queries.ts';
import { Link } from '../router.tsx';
import { useNow } from '../ui/now.ts';
import { keyMetrics } from './key-metrics.ts';

const FRESH_MS = 60_000;
const LATE_MS = 600_000;
const SHOWN_MAX = 60;

/** The hosts, with whether they still send. */
export function Hosts({ metrics }: { readonly metrics: readonly string[] }) {
  const { data } = useQuery(catalogue.hosts);
  const nowMs = useNow();
  const charted = keyMetrics(metrics).slice(0, 4);
  const hosts = data?.hosts.toSorted((a, b) => byName.compare(a.host, b.host)) ?? [];
  const shown = hosts.slice(0, SHOWN_MAX);
  return (
    <section aria-labelledby="hosts">
      <h2 id="hosts">
        Hosts <span className="count">{data?.hosts.length}</span>
      </h2>
      <ul className="hosts">
        {shown.map(({ host, series, last_seen }) => {
          const state = stateOf(last_seen, nowMs);
          return (
            <li key={host} className="card">
              <Link href={chartAddress({ metrics: charted, hosts: [host] })}>
                <span className={`dot ${state}`} aria-hidden="true" />
                <span className="host-name">{host}</span>
                <span className="hidden">{state}</span>
              </Link>
              <span
                className="soft"
                title={last_seen ? `${localTime(last_seen.getTime())} · ${utcTime(last_seen.getTime())}` : ''}
              >
                {last_seen ? ago(last_seen.getTime(), nowMs) : 'never seen'} · {series} series
              </span>
            </li>
          );
        })}
      </ul>
      {hosts.length > SHOWN_MAX && (
        <p className="soft">and {hosts.length - SHOWN_MAX} more; a chart's list of hosts has them all.</p>
      )}
    </section>
  );
}

function stateOf(lastSeen: Date | null, nowMs: number): 'fresh' | 'late' | 'silent' {
  const passedMs = nowMs - (lastSeen?.getTime() ?? 0);
  return passedMs < FRESH_MS ? 'fresh' : passedMs < LATE_MS ? 'late' : 'silent';
}
