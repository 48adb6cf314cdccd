import { useQuery } from '@tanstack/react-query';
import { duration } from '../format/time.ts';
import { catalogue } from '../queries.ts';

/** How Hyperdash itself is doing. */
export function SelfLoad() {
  const { data: status } = useQuery(catalogue.status);
  const figures: [name: string, value: string, title: string | undefined][] = [
    ['Up for', status ? duration(status.uptime_seconds * 1000) : '–', undefined],
    [
      'TimescaleDB',
      status ? status.engine.timescaledb : '–',
      status ? `PostgreSQL ${status.engine.postgres}, ${status.engine.kind}` : undefined,
    ],
  ];
  return (
    <section aria-labelledby="self-load">
      <h2 id="self-load">
        Hyperdash itself <span className="count">{status?.version}</span>
      </h2>
      <dl className="figures card">
        {figures.map(([name, value, title]) => (
          <div key={name} title={title}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
