import { type FormEvent, useState } from 'react';
import { boundsOf, type Range, SPANS, type Span } from '../chart-state.ts';
import { toLocalInput } from '../format/time.ts';
import { Popover } from './picker.tsx';

/** Chooses the range: the last of something, or from one time to another. */
export function RangePicker({ range, onChange }: { range: Range; onChange: (range: Range) => void }) {
  return (
    <fieldset className="range">
      <legend className="hidden">Range</legend>
      {Object.keys(SPANS).map((span) => (
        <button
          key={span}
          type="button"
          className="segment"
          aria-pressed={'span' in range && range.span === span}
          onClick={() => onChange({ span: span as Span })}
        >
          {span.replace(/(\d+)/, '$1 ')}
        </button>
      ))}
      <Popover label="Custom" summary={'span' in range ? '' : '✓'}>
        {(close) => (
          <CustomRange
            range={range}
            onChange={(chosen) => {
              onChange(chosen);
              close();
            }}
          />
        )}
      </Popover>
    </fieldset>
  );
}

function CustomRange({ range, onChange }: { range: Range; onChange: (range: Range) => void }) {
  const bounds = boundsOf(range, Date.now());
  const [from, setFrom] = useState(toLocalInput(bounds.fromMs));
  const [to, setTo] = useState(toLocalInput(bounds.toMs));
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (toMs > fromMs) onChange({ fromMs, toMs });
  };
  return (
    <form className="custom" onSubmit={submit}>
      <label>
        From
        <input
          type="datetime-local"
          value={from}
          onChange={(event) => setFrom(event.target.value)}
          required
        />
      </label>
      <label>
        To
        <input type="datetime-local" value={to} onChange={(event) => setTo(event.target.value)} required />
      </label>
      <p className="soft">In your own zone, {Intl.DateTimeFormat().resolvedOptions().timeZone}.</p>
      <button type="submit" className="button primary" disabled={!(toMs > fromMs)}>
        Show
      </button>
    </form>
  );
}
