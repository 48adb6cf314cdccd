import { localTime, utcTime } from '../format/time.ts';
import { withUnit } from '../format/unit.ts';
import { useTheme } from '../ui/theme.tsx';
import { lineColour, lineDash } from './palette.ts';
import type { ChartLine, ChartRows } from './rows.ts';

interface LegendProps {
  readonly rows: ChartRows;
  readonly unit: string;
  /** The row under the cursor; null shows the newest values. */
  readonly cursor: number | null;
  readonly hidden: ReadonlySet<number>;
  readonly onToggle: (line: number) => void;
  readonly onFocus: (line: number | null) => void;
}

/** A table of the lines: the value under the cursor or the newest one, and what the range holds. */
export function Legend({ rows, unit, cursor, hidden, onToggle, onFocus }: LegendProps) {
  const timeMs = cursor === null ? undefined : rows.times[cursor];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className="legend" tabIndex={0} aria-label="Lines of the chart">
      <table>
        <thead>
          <tr>
            <th scope="col">
              {timeMs === undefined ? (
                'Newest'
              ) : (
                <time dateTime={new Date(timeMs).toISOString()} title={utcTime(timeMs)}>
                  {localTime(timeMs)} <span className="utc">{utcTime(timeMs).slice(11)}</span>
                </time>
              )}
            </th>
            <th scope="col">{timeMs === undefined ? 'Value' : 'At cursor'}</th>
            <th scope="col">Min</th>
            <th scope="col">Mean</th>
            <th scope="col">Max</th>
          </tr>
        </thead>
        <tbody>
          {rows.lines.map((line, l) => (
            <tr key={line.key} onMouseEnter={() => onFocus(l)} onMouseLeave={() => onFocus(null)}>
              <th scope="row">
                <button type="button" aria-pressed={!hidden.has(l)} onClick={() => onToggle(l)}>
                  <Swatch index={l} />
                  <span className="name">
                    {line.host} <Labels labels={line.labels} />
                  </span>
                </button>
              </th>
              <Numbers line={line} row={cursor} unit={unit} />
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Labels in small letters. */
export function Labels({ labels }: { readonly labels: Readonly<Record<string, string>> }) {
  return (
    <>
      {Object.entries(labels).map(([label, value]) => (
        <span key={label} className="label">
          {label}={value}
        </span>
      ))}
    </>
  );
}

function Swatch({ index }: { readonly index: number }) {
  const theme = useTheme();
  return (
    <svg className="swatch" viewBox="0 0 18 8" width="18" height="8" aria-hidden="true">
      <line
        x1="1"
        x2="17"
        y1="4"
        y2="4"
        stroke={lineColour(theme, index)}
        strokeWidth="3"
        strokeDasharray={lineDash(index).join(' ')}
        strokeLinecap="round"
      />
    </svg>
  );
}

function Numbers({ line, row, unit }: { line: ChartLine; row: number | null; unit: string }) {
  const { newest, min, mean, max } = summary(line);
  const shown = row === null ? newest : (line.values[row] ?? null);
  return [shown, min, mean, max].map((value, column) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: four columns that never move
    <td key={column}>{value === null ? '–' : withUnit(value, unit)}</td>
  ));
}

function summary({ values, min, max }: ChartLine) {
  let newest: number | null = null;
  let least: number | null = null;
  let greatest: number | null = null;
  let sum = 0;
  let count = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? null;
    if (value === null) continue;
    newest = value;
    sum += value;
    count++;
    if (least === null || min[row]! < least) least = min[row]!;
    if (greatest === null || max[row]! > greatest) greatest = max[row]!;
  }
  return { newest, min: least, mean: count === 0 ? null : sum / count, max: greatest };
}
