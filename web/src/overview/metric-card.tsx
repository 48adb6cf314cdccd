import { useQuery } from '@tanstack/react-query';
import { chartAddress } from '../chart-state.ts';
import type { RouterOutputs } from '../client.ts';
import { metricTitle, unitOf, withUnit, worded } from '../format/unit.ts';
import { cardSeries } from '../queries.ts';
import { Link } from '../router.tsx';
import { Sparkline } from './sparkline.tsx';

type Metric = RouterOutputs['metrics']['metrics'][number];

/** The first point counts as an hour ago where it is no more than this younger. */
const HOUR_AGO_SLACK_MS = 300_000;

/** A metric at a glance: its newest value, how it changed in an hour, and its course. */
export function MetricCard({ metric }: { readonly metric: Metric }) {
  const { metric_name, hosts } = metric;
  const { data: answer } = useQuery(cardSeries(metric_name));
  const unit = unitOf(metric_name, metric.unit);
  const title = metricTitle(metric_name);
  const newest = answer?.data.values.at(-1);
  const value = newest === undefined ? undefined : worded(newest, unit);
  return (
    <Link className="card metric" href={chartAddress({ metrics: [metric_name] })}>
      <h3>{title}</h3>
      <span className="soft scope">{hosts === 1 ? '1 host' : `average of ${hosts} hosts`}</span>
      <p className="value">
        {value ? value.number : '–'}
        {value?.unit && <span className="unit">{value.unit}</span>}
      </p>
      {answer && newest !== undefined && <Change answer={answer} newest={newest} unit={unit} />}
      {answer && answer.data.length > 0 && (
        <Sparkline
          points={answer.data}
          fromMs={answer.from.getTime()}
          toMs={answer.to.getTime()}
          gapMs={answer.gap_ms}
          label={`${title} over the last hour`}
        />
      )}
    </Link>
  );
}

function Change(props: { answer: RouterOutputs['series']; newest: number; unit: string }) {
  const { answer, newest, unit } = props;
  const before = answer.data.values[0]!;
  const isHourAgo = answer.data.times[0]! - answer.from.getTime() <= HOUR_AGO_SLACK_MS;
  if (!isHourAgo) return <p className="change soft">no value an hour ago yet</p>;
  const change = newest - before;
  const sign = change > 0 ? '+' : change < 0 ? '−' : '±';
  return (
    <p className="change soft">
      <span aria-hidden="true">{change > 0 ? '↗' : change < 0 ? '↘' : '→'}</span> {sign}
      {withUnit(Math.abs(change), unit)} in 1 h
    </p>
  );
}
