import type uPlot from 'uplot';
import { axisTime } from '../format/time.ts';
import { axisValue } from '../format/unit.ts';
import type { Theme } from '../ui/theme.tsx';
import { INK, lineColour, lineDash } from './palette.ts';
import type { ChartLine, ChartRows } from './rows.ts';

const FONT = '12px system-ui, sans-serif';
const BINARY_INCREMENTS = Array.from({ length: 60 }, (_, k) => 2 ** (k - 4));
/** More lines than this are drawn without points and thinner. */
const FEW_LINES = 4;

/** What a plot shows and whom it tells. */
export interface PlotParts {
  readonly lines: readonly ChartLine[];
  readonly banded: boolean;
  readonly unit: string;
  readonly theme: Theme;
  readonly width: number;
  readonly height: number;
  /** The range in epoch milliseconds, read at every drawing. */
  readonly bounds: () => { fromMs: number; toMs: number };
  readonly onCursor: (row: number | null) => void;
  readonly onZoom: (fromMs: number, toMs: number) => void;
}

/** The columns in uPlot's order: times, values of every line, and where there is a band the greatest and least of each. */
export function columnsOf({ times, lines }: ChartRows, banded: boolean): uPlot.AlignedData {
  const columns: (number | null)[][] = lines.map(({ values }) => values);
  if (banded) for (const { min, max } of lines) columns.push(max, min);
  return [times, ...columns];
}

/** Options of a plot; its series are in the order of {@link columnsOf}. */
export function plotOptions(parts: PlotParts): uPlot.Options {
  const { lines, banded, theme, unit, width, height, bounds } = parts;
  const ink = INK[theme];
  const axis = { stroke: ink.text, font: FONT, ticks: { show: false }, grid: { stroke: ink.grid, width: 1 } };
  return {
    width,
    height,
    ms: 1,
    padding: [12, 12, 0, 0],
    legend: { show: false },
    focus: { alpha: 0.25 },
    cursor: {
      sync: { key: 'hyperdash', setSeries: false },
      focus: { prox: lines.length > 1 ? 24 : -1 },
      drag: { x: true, y: false, setScale: false, dist: 5 },
      points: { size: 7 },
    },
    scales: {
      x: {
        range: () => {
          const { fromMs, toMs } = bounds();
          return [fromMs, toMs];
        },
      },
      y: { range: (_plot, min, max) => valueRange(min, max, unit) },
    },
    axes: [
      {
        ...axis,
        space: 72,
        size: 30,
        values: (_plot, marks, _axis, _space, stepMs) => marks.map((ms) => axisTime(ms, stepMs)),
      },
      {
        ...axis,
        size: 72,
        ...(unit.startsWith('bytes') && { incrs: BINARY_INCREMENTS }),
        values: (_plot, marks) => marks.map((value) => axisValue(value, unit)),
      },
    ],
    series: [
      {},
      ...lines.map((line, l) => valueSeries(line, l, parts)),
      ...(banded ? lines.flatMap(bandSeries) : []),
    ],
    bands: banded
      ? lines.map((_, l) => ({
          series: [lines.length + 1 + 2 * l, lines.length + 2 + 2 * l],
          fill: `${lineColour(theme, l)}${lines.length > FEW_LINES ? '1c' : '38'}`,
        }))
      : [],
    hooks: {
      setCursor: [({ cursor }) => parts.onCursor(cursor.idx ?? null)],
      setSelect: [(plot) => zoomToSelection(plot, parts.onZoom)],
    },
  };
}

function valueSeries(line: ChartLine, index: number, { theme, lines }: PlotParts): uPlot.Series {
  const colour = lineColour(theme, index);
  return {
    label: line.key,
    stroke: colour,
    width: lines.length > FEW_LINES ? 1.25 : 1.75,
    dash: lineDash(index),
    gaps: gapsOf(line.gapMs),
    points: { size: 5, fill: colour, width: 0 },
  };
}

function bandSeries({ gapMs }: ChartLine): uPlot.Series[] {
  const edge: uPlot.Series = {
    stroke: 'transparent',
    width: 0,
    points: { show: false },
    gaps: gapsOf(gapMs),
  };
  return [{ ...edge }, { ...edge }];
}

/** A row without a value is no gap by itself, as lines share their times: values too far apart are. */
function gapsOf(gapMs: number): Exclude<uPlot.Series.GapsRefiner, uPlot.Series.Gaps> {
  return (plot, seriesIndex, first, last) => {
    const times = plot.data[0]!;
    const values = plot.data[seriesIndex]!;
    const gaps: [from: number, to: number][] = [];
    let before = -1;
    for (let row = first; row <= last; row++) {
      if (values[row] == null) continue;
      if (before >= 0 && times[row]! - times[before]! > gapMs) {
        gaps.push([pixel(plot, times[before]!), pixel(plot, times[row]!)]);
      }
      before = row;
    }
    return gaps;
  };
}

function pixel(plot: uPlot, time: number): number {
  return Math.round(plot.valToPos(time, 'x', true));
}

function zoomToSelection(plot: uPlot, onZoom: PlotParts['onZoom']): void {
  const { left, width } = plot.select;
  if (width < 1) return;
  const fromMs = Math.floor(plot.posToVal(left, 'x'));
  const toMs = Math.ceil(plot.posToVal(left + width, 'x'));
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (toMs - fromMs >= 1000) onZoom(fromMs, toMs);
}

/** From zero where that costs little of the height; a percent ends at 100 where it comes near. */
function valueRange(min: number | null, max: number | null, unit: string): [number, number] {
  if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const least = min >= 0 && min < max / 2 ? 0 : min;
  const extent = max - least || Math.abs(max) || 1;
  const room = extent * 0.08;
  const top = unit === 'percent' && max <= 100 ? Math.min(100, max + room) : max + room;
  const bottom = least === 0 ? 0 : least - room;
  return [least >= 0 ? Math.max(0, bottom) : bottom, top > bottom ? top : bottom + 1];
}
