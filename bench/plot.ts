/** Draws `bench/results.json` as docs/lttb.svg, the time of LTTB over the number of points: `npm run bench:plot`. */
import { readFile, writeFile } from 'node:fs/promises';
import { LTTB_KERNEL, NPM_DOWNSAMPLE, NPM_LTTB, SUM_PASS, WITH_GAPS } from './sections/kernel.ts';
import type { Section } from './support/section.ts';

const RESULTS = new URL('./results.json', import.meta.url);
const PLOT = new URL('../docs/lttb.svg', import.meta.url);

/** Lines of the plot and their colours, readable on light and dark ground. */
const LINES = {
  [NPM_DOWNSAMPLE]: '#a371f7',
  [NPM_LTTB]: '#8b8f98',
  [WITH_GAPS]: '#d97706',
  [LTTB_KERNEL]: '#2f81f7',
  [SUM_PASS]: '#3fa45b',
};
/** The area of the axes, in pixels, and the decades that they span. */
const AREA = { left: 70, top: 20, width: 420, height: 280 };
const POINTS_DECADES = [4, 7] as const;
const MS_DECADES = [-3, 3] as const;

const TITLE = /^LTTB, ([\d,]+) points → \d+, a walk$/;

const { sections } = JSON.parse(await readFile(RESULTS, 'utf8')) as { sections: Section[] };
const sizes = sections.flatMap((section) => {
  const points = TITLE.exec(section.title)?.[1]?.replaceAll(',', '');
  return points ? [{ points: Number(points), section }] : [];
});

const x = (points: number) => AREA.left + AREA.width * share(points, POINTS_DECADES);
const y = (ms: number) => AREA.top + AREA.height * (1 - share(ms, MS_DECADES));

function share(value: number, [from, to]: readonly [number, number]): number {
  return (Math.log10(value) - from) / (to - from);
}

function decades([from, to]: readonly [number, number]): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function grid(): string[] {
  const { left, top, width, height } = AREA;
  const columns = decades(POINTS_DECADES).map((power) => {
    const at = x(10 ** power);
    const label = power < 6 ? `${10 ** (power - 3)} K` : `${10 ** (power - 6)} M`;
    return `<path d="M${at} ${top}v${height}"/><text x="${at}" y="${top + height + 18}" text-anchor="middle">${label}</text>`;
  });
  const rows = decades(MS_DECADES).map((power) => {
    const at = y(10 ** power);
    return `<path d="M${left} ${at}h${width}"/><text x="${left - 8}" y="${at + 4}" text-anchor="end">${10 ** power} ms</text>`;
  });
  return [...columns, ...rows];
}

function line([name, colour]: [string, string]): string {
  const measured = sizes.flatMap(({ points, section }) => {
    const row = section.rows.find((one) => one.name === name);
    return row ? [{ points, ms: row.ms }] : [];
  });
  const places = measured.map(({ points, ms }) => `${x(points).toFixed(1)} ${y(ms).toFixed(1)}`);
  const last = measured.at(-1)!;
  const dots = places.map((place) => `<circle cx="${place.replace(' ', '" cy="')}" r="3" fill="${colour}"/>`);
  // Beside the end, or above it where other lines go on.
  const label =
    last.points === 10 ** POINTS_DECADES[1]
      ? `x="${x(last.points) + 8}" y="${y(last.ms) + 4}"`
      : `x="${x(last.points) - 8}" y="${y(last.ms) - 6}" text-anchor="end"`;
  return [
    `<path d="M${places.join('L')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...dots,
    `<text ${label} fill="${colour}">${name}</text>`,
  ].join('');
}

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 340" font-family="sans-serif" font-size="12">
<title>LTTB to 1000 points: median time over the number of points, both axes logarithmic</title>
<g stroke="#8b8f98" stroke-opacity="0.3" fill="#8b8f98">${grid().join('').replaceAll('<text', '<text stroke="none"')}</g>
${Object.entries(LINES).map(line).join('\n')}
</svg>
`;
await writeFile(PLOT, svg);
console.log('docs/lttb.svg');
