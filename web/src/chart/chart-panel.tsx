import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { boundsOf, type ChartState, type Range, SPANS } from '../chart-state.ts';
import { duration } from '../format/time.ts';
import { metricTitle } from '../format/unit.ts';
import { useTheme } from '../ui/theme.tsx';
import { Trouble } from '../ui/trouble.tsx';
import { Badges } from './badges.tsx';
import { download, toCsv, toPng } from './export.ts';
import { Legend } from './legend.tsx';
import { LivePill } from './live-pill.tsx';
import { Plot, type PlotHandle } from './plot.tsx';
import type { ChartRows } from './rows.ts';
import { useLive } from './use-live.ts';
import { useMatrix } from './use-matrix.ts';
import { useRedraw } from './use-redraw.ts';
import { useSeldom } from './use-seldom.ts';

/** More lines than this hide each other's bands, unless they are asked for. */
const BANDS_MAX = 4;
/** Buckets up to this wide are filled again from the stream; wider ones would take too many samples. */
const REPLAYED_BUCKET_MAX_MS = 60_000;
/** New lines and gaps have the server asked again, this often at most. */
const ASK_AGAIN_MS = 5_000;

interface ChartPanelProps {
  readonly metric: string;
  readonly unit: string;
  readonly state: ChartState;
  readonly height: number;
  readonly onZoom: (range: Range) => void;
  readonly onZoomOut: () => void;
  readonly onRemove?: (() => void) | undefined;
}

/** One metric: its chart, its legend, and what can be done with them. */
export function ChartPanel(props: ChartPanelProps) {
  const { metric, unit, state, height } = props;
  const theme = useTheme();
  const plot = useRef<PlotHandle>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const follows = 'span' in state.range;
  const [streaming, setStreaming] = useState(false);
  const { query, answer, rows } = useMatrix(metric, state, follows && !streaming);
  const skewMs = answer && follows ? answer.to.getTime() - query.dataUpdatedAt : 0;
  const bounds = () => boundsOf(state.range, Date.now() + skewMs);
  const redraw = useRedraw(plot, () => rows?.dropBefore(bounds().fromMs));

  const askAgain = useSeldom(() => void query.refetch(), ASK_AGAIN_MS);

  const live = useLive(
    follows && rows && !query.isPlaceholderData
      ? {
          metric,
          hosts: state.hosts,
          match: state.match,
          sinceMs: sinceOf(rows, answer!.bucket_ms),
          answeredMs: query.dataUpdatedAt,
        }
      : null,
    {
      onSample(sample) {
        if (rows?.append(sample)) redraw();
        else askAgain();
      },
      onGap: askAgain,
    },
  );
  useEffect(() => setStreaming(live !== 'polling' && live !== 'off'), [live]);
  useSliding(follows ? SPANS[(state.range as { span: keyof typeof SPANS }).span] : null, redraw);

  const hiddenLines = useMemo(
    () => new Set(rows?.lines.flatMap(({ key }, l) => (hidden.has(key) ? [l] : [])) ?? []),
    [rows, hidden],
  );
  const toggle = (line: number) => {
    const { key } = rows!.lines[line]!;
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    setHidden(next);
    plot.current?.show(line, !next.has(key));
  };
  const onReady = useCallback((handle: PlotHandle | null) => {
    plot.current = handle;
  }, []);
  const banded = rows?.banded === true && showsBand(state, rows.lines.length);
  const title = metricTitle(metric);

  return (
    <section className="card chart" aria-label={title} aria-busy={query.isFetching}>
      <header>
        <h2>
          {title} <code>{metric}</code>
        </h2>
        <LivePill state={live} />
        {answer && <Badges answer={answer} />}
        <div className="actions">
          <button
            type="button"
            className="button small"
            disabled={!rows}
            onClick={() => download(`${metric}.csv`, new Blob([toCsv(rows!)], { type: 'text/csv' }))}
          >
            CSV
          </button>
          <button
            type="button"
            className="button small"
            disabled={!rows}
            onClick={() =>
              void savePng(plot.current, `${title}, ${rangeWords(state.range)}`, rows!, metric, theme)
            }
          >
            PNG
          </button>
          {props.onRemove && (
            <button
              type="button"
              className="icon-button"
              aria-label={`Remove ${title}`}
              onClick={props.onRemove}
            >
              ×
            </button>
          )}
        </div>
      </header>
      {query.error && <Trouble error={query.error} onRetry={() => void query.refetch()} />}
      {rows ? (
        <>
          <div className={`plot-box ${query.isPlaceholderData ? 'stale' : ''}`}>
            <Plot
              rows={rows}
              banded={banded}
              unit={unit}
              height={height}
              bounds={bounds}
              label={`${title} of ${rows.lines.length} ${rows.lines.length === 1 ? 'line' : 'lines'}, ${rangeWords(state.range)}`}
              hidden={hiddenLines}
              onCursor={setCursor}
              onZoom={(fromMs, toMs) => props.onZoom({ fromMs, toMs })}
              onZoomOut={props.onZoomOut}
              onReady={onReady}
            />
            {rows.times.length === 0 && <p className="nothing">Nothing was measured in this range.</p>}
          </div>
          <Legend
            rows={rows}
            unit={unit}
            cursor={cursor}
            hidden={hiddenLines}
            onToggle={toggle}
            onFocus={(line) => plot.current?.focus(line)}
          />
        </>
      ) : (
        <div className="plot-box skeleton" style={{ height }} />
      )}
    </section>
  );
}

/** The newest bucket is filled again from the stream, so that none of its samples is missed or counted twice. */
function sinceOf({ times }: ChartRows, bucketMs: number | null): number | undefined {
  const newestMs = times.at(-1);
  return bucketMs !== null && bucketMs > REPLAYED_BUCKET_MAX_MS ? undefined : newestMs;
}

function showsBand({ band }: ChartState, lines: number): boolean {
  return band === 'on' || (band === 'auto' && lines <= BANDS_MAX);
}

function rangeWords(range: Range): string {
  return 'span' in range ? `last ${duration(SPANS[range.span])}` : duration(range.toMs - range.fromMs);
}

async function savePng(
  plot: PlotHandle | null,
  title: string,
  rows: ChartRows,
  metric: string,
  theme: 'dark' | 'light',
): Promise<void> {
  if (plot) download(`${metric}.png`, await toPng(plot.canvas, { title, lines: rows.lines, theme }));
}

/** Moves a range that ends now on, as often as that can be seen. */
function useSliding(spanMs: number | null, redraw: () => void): void {
  const latest = useRef(redraw);
  latest.current = redraw;
  useEffect(() => {
    if (spanMs === null) return;
    const timer = setInterval(() => latest.current(), Math.max(1000, spanMs / 2000));
    return () => clearInterval(timer);
  }, [spanMs]);
}
