import { useQuery } from '@tanstack/react-query';
import type { RouterOutputs } from '../client.ts';
import { duration } from '../format/time.ts';
import { withUnit } from '../format/unit.ts';
import { catalogue } from '../queries.ts';
import { useRate } from './use-rate.ts';

type Status = RouterOutputs['status'];
type Figure = readonly [name: string, value: string, title?: string];

/** How Hyperdash itself is doing. */
export function SelfLoad() {
  const { data: status, dataUpdatedAt } = useQuery(catalogue.status);
  const perSecond = useRate(status && storedBy(status), dataUpdatedAt);
  return (
    <section aria-labelledby="self-load">
      <h2 id="self-load">
        Hyperdash itself <span className="count">{status?.version}</span>
      </h2>
      <dl className="figures card">
        {(status ? figuresOf(status, perSecond) : BLANK).map(([name, value, title]) => (
          <div key={name} title={title}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const NAMES = [
  'Samples a second',
  'Rollup lag',
  'Compression',
  'Live clients',
  'On disk',
  'Series',
  'Up for',
  'TimescaleDB',
];
const BLANK: readonly Figure[] = NAMES.map((name) => [name, '–']);

/** Samples stored through the server since its start. */
function storedBy({ ingest }: Status): number {
  return Object.values(ingest.protocols).reduce((sum, { accepted }) => sum + accepted, 0);
}

function figuresOf(status: Status, perSecond: number | undefined) {
  const { engine, store, live, uptime_seconds } = status;
  const rollup = store.tiers.find(({ data_source }) => data_source === 'metrics_1min');
  const lag = rollup?.refresh_lag_seconds;
  const values: readonly (readonly [value: string, title?: string])[] = [
    [
      perSecond === undefined ? '–' : withUnit(perSecond, ''),
      `${withUnit(storedBy(status), '')} since the start`,
    ],
    [
      lag == null ? '–' : duration(lag * 1000),
      'Age of what the 1-minute rollup holds; newer samples are added by each query',
    ],
    [
      store.compression_ratio === null ? 'none yet' : `${store.compression_ratio.toFixed(1)} ×`,
      'Chunks are compressed once they are a week old',
    ],
    [withUnit(live.connections, ''), `${live.subscriptions} subscriptions`],
    [withUnit(store.bytes, 'bytes'), 'Every tier, with indexes'],
    [withUnit(store.series, '')],
    [duration(uptime_seconds * 1000)],
    [engine.timescaledb, `PostgreSQL ${engine.postgres}, ${engine.kind}`],
  ];
  return NAMES.map((name, n): Figure => [name, ...values[n]!]);
}
