import { useId } from 'react';
import type { Points } from '../../../src/client.ts';

const WIDTH = 300;
const HEIGHT = 64;
const INSET = 3;
/** Of the greatest value: what is drawn over the whole height spans at least this share of it. */
const LEAST_EXTENT = 0.02;

/** The course of a card's hour: a line over a soft area, broken at gaps. */
export function Sparkline({
  points,
  fromMs,
  toMs,
  gapMs,
  label,
}: {
  readonly points: Points;
  readonly fromMs: number;
  readonly toMs: number;
  readonly gapMs: number | null;
  readonly label: string;
}) {
  const gradient = useId();
  const lines = stretches(points, fromMs, toMs, gapMs ?? Number.POSITIVE_INFINITY);
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <linearGradient id={gradient} x1="0" x2="0" y1="0" y2="1">
        <stop offset="0" className="spark-top" />
        <stop offset="1" className="spark-bottom" />
      </linearGradient>
      {lines.map((line) => (
        <g key={line[0]![0]}>
          <path
            d={`M${line[0]![0]},${HEIGHT}L${path(line)}L${line.at(-1)![0]},${HEIGHT}Z`}
            fill={`url(#${gradient})`}
          />
          <path d={`M${path(line)}`} className="spark-line" vectorEffect="non-scaling-stroke" />
        </g>
      ))}
    </svg>
  );
}

function path(line: readonly (readonly [number, number])[]): string {
  return line.map(([x, y]) => `${x},${y}`).join('L');
}

/** Lines in the picture's own coordinates, one between any two gaps. */
function stretches({ times, values }: Points, fromMs: number, toMs: number, gapMs: number) {
  const lines: [number, number][][] = [];
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  // What hardly moves is drawn as hardly moving.
  const extent = Math.max(greatest - least, Math.abs(greatest) * LEAST_EXTENT);
  const beginMs = Math.max(fromMs, times[0] ?? fromMs);
  for (let i = 0; i < times.length; i++) {
    if (i === 0 || times[i]! - times[i - 1]! > gapMs) lines.push([]);
    const x = ((times[i]! - beginMs) / (toMs - beginMs)) * WIDTH;
    const share = extent > 0 ? (values[i]! - least) / extent : 0.5;
    const y = HEIGHT - INSET - share * (HEIGHT - 2 * INSET - 8);
    lines.at(-1)!.push([Math.round(x * 10) / 10, Math.round(y * 10) / 10]);
  }
  return lines;
}
