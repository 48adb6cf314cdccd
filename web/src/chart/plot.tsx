import { type KeyboardEvent, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useTheme } from '../ui/theme.tsx';
import { columnsOf, type PlotParts, plotOptions } from './plot-options.ts';
import type { ChartRows } from './rows.ts';

/** What others may do to a plot while it is shown. */
export interface PlotHandle {
  /** Draws the rows as they are now. */
  redraw(): void;
  /** Brings one line forward; none for null. */
  focus(line: number | null): void;
  show(line: number, shown: boolean): void;
  readonly canvas: HTMLCanvasElement;
}

interface PlotProps extends Pick<PlotParts, 'unit' | 'bounds' | 'onCursor' | 'onZoom'> {
  readonly rows: ChartRows;
  readonly banded: boolean;
  readonly height: number;
  /** What a screen reader says of it. */
  readonly label: string;
  readonly onZoomOut: () => void;
  readonly onReady: (plot: PlotHandle | null) => void;
  /** Indexes of the lines that are not shown. */
  readonly hidden: ReadonlySet<number>;
}

/** A chart on a canvas. Arrow keys move its cursor, Escape or a double click goes back from a zoom. */
export function Plot(props: PlotProps) {
  const { rows, banded, unit, height, label } = props;
  const theme = useTheme();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  // Callbacks may change at every render; the plot lives longer.
  const latest = useRef(props);
  latest.current = props;
  const shape = rows.lines.map(({ key, gapMs }) => `${key} ${gapMs}`).join('\n');

  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of one shape are put into the plot there is, below
  useEffect(() => {
    const parent = box.current!;
    const created = new uPlot(
      plotOptions({
        lines: rows.lines,
        banded,
        unit,
        theme,
        width: parent.clientWidth,
        height,
        bounds: () => latest.current.bounds(),
        onCursor: (row) => latest.current.onCursor(row),
        onZoom: (fromMs, toMs) => latest.current.onZoom(fromMs, toMs),
      }),
      columnsOf(latest.current.rows, banded),
      parent,
    );
    plot.current = created;
    const show = (line: number, shown: boolean) => {
      created.setSeries(line + 1, { show: shown });
      const edge = latest.current.rows.lines.length + 1 + 2 * line;
      if (banded) for (const s of [edge, edge + 1]) created.setSeries(s, { show: shown });
    };
    for (const line of latest.current.hidden) show(line, false);
    latest.current.onReady({
      redraw: () => created.setData(columnsOf(latest.current.rows, banded)),
      focus: (line) => created.setSeries(line === null ? null : line + 1, { focus: true }),
      show,
      canvas: created.ctx.canvas,
    });
    const observer = new ResizeObserver(() => {
      const width = parent.clientWidth;
      // It tells the size once at its beginning too, and every change draws the whole canvas anew.
      if (width > 0 && width !== created.width) created.setSize({ width, height });
    });
    observer.observe(parent);
    return () => {
      observer.disconnect();
      latest.current.onReady(null);
      created.destroy();
      plot.current = null;
    };
  }, [shape, banded, unit, theme, height]);

  useEffect(() => {
    plot.current?.setData(columnsOf(rows, banded));
  }, [rows, banded]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') props.onZoomOut();
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (step === undefined || plot.current === null) return;
    event.preventDefault();
    moveCursor(plot.current, step);
  };
  return (
    <div
      ref={box}
      className="plot"
      style={{ height }}
      role="img"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys move the cursor, whose values the legend shows
      tabIndex={0}
      onKeyDown={onKeyDown}
      onDoubleClick={props.onZoomOut}
    />
  );
}

function moveCursor(plot: uPlot, step: number): void {
  const times = plot.data[0];
  if (times.length === 0) return;
  const from = plot.cursor.idx ?? (step < 0 ? times.length : -1);
  const row = Math.min(times.length - 1, Math.max(0, from + step));
  plot.setCursor({ left: plot.valToPos(times[row]!, 'x'), top: plot.over.clientHeight / 2 });
}
