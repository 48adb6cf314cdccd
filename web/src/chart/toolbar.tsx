import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { AGGREGATES, type Aggregate, type ChartState } from '../chart-state.ts';
import { catalogue } from '../queries.ts';
import { Picker, Popover } from './picker.tsx';
import { RangePicker } from './range-picker.tsx';

const AGGREGATE_NAMES: Record<Aggregate, string> = {
  avg: 'Average',
  min: 'Minimum',
  max: 'Maximum',
  sum: 'Sum',
  count: 'Count',
  last: 'Last',
};

interface ToolbarProps {
  readonly state: ChartState;
  readonly onChange: (change: Partial<ChartState>) => void;
}

/** Everything that a chart page can be asked to show. */
export function Toolbar({ state, onChange }: ToolbarProps) {
  const { data: metrics } = useQuery(catalogue.metrics);
  const { data: hosts } = useQuery(catalogue.hosts);
  return (
    <div className="toolbar">
      <Picker
        label="Metric"
        names={metrics?.metrics.map(({ metric_name }) => metric_name) ?? []}
        chosen={state.metrics}
        onChange={(chosen) => onChange({ metrics: chosen })}
      />
      <Picker
        label="Hosts"
        none="all"
        names={hosts?.hosts.map(({ host }) => host) ?? []}
        chosen={state.hosts}
        onChange={(chosen) => onChange({ hosts: chosen })}
      />
      <Select
        label="Aggregate"
        value={state.aggregate}
        options={AGGREGATES.map((aggregate) => [aggregate, AGGREGATE_NAMES[aggregate]])}
        onChange={(aggregate) => onChange({ aggregate: aggregate as Aggregate })}
      />
      <Popover label="View" summary={state.by === 'host' ? 'each host' : 'each series'}>
        {() => (
          <>
            <Choice
              label="A line for"
              value={state.by}
              options={[
                ['series', 'Each series'],
                ['host', 'Each host'],
              ]}
              onChange={(by) => onChange({ by })}
            />
            <Choice
              label="Min–max band"
              value={state.band}
              options={[
                ['auto', 'Where it hides nothing'],
                ['on', 'Always'],
                ['off', 'Never'],
              ]}
              onChange={(band) => onChange({ band })}
            />
          </>
        )}
      </Popover>
      <LabelFilter match={state.match} onChange={(match) => onChange({ match })} />
      <RangePicker range={state.range} onChange={(range) => onChange({ range })} />
    </div>
  );
}

function Select(props: {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, name: string])[];
  readonly onChange: (value: string) => void;
}) {
  return (
    <label className="button select">
      <span className="button-label">{props.label}</span>
      <select value={props.value} onChange={(event) => props.onChange(event.target.value)}>
        {props.options.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Choice<T extends string>(props: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, name: string])[];
  readonly onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset className="choice">
      <legend>{props.label}</legend>
      {props.options.map(([value, text]) => (
        <label key={value}>
          <input
            type="radio"
            name={name}
            checked={value === props.value}
            onChange={() => props.onChange(value)}
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

function LabelFilter({ match, onChange }: { match: readonly string[]; onChange: (match: string[]) => void }) {
  const [text, setText] = useState('');
  const add = (event: FormEvent) => {
    event.preventDefault();
    const matcher = text.trim();
    if (!/^[^=]+=/.test(matcher)) return;
    onChange([...new Set([...match, matcher])]);
    setText('');
  };
  return (
    <form className="label-filter" onSubmit={add}>
      {match.map((matcher) => (
        <button
          key={matcher}
          type="button"
          className="chip"
          aria-label={`Remove the filter ${matcher}`}
          onClick={() => onChange(match.filter((other) => other !== matcher))}
        >
          {matcher} <span aria-hidden="true">×</span>
        </button>
      ))}
      <input
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder="label=value"
        aria-label="Filter by a label, as label=value"
        pattern="[^=]+=.*"
        title="label=value, then Enter"
      />
    </form>
  );
}
