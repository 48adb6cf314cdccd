import type { Theme } from '../ui/theme.tsx';

/** Ten colours told apart with any colour vision as far as ten can be; each at least 3:1 against its card. */
const LINES: Record<Theme, readonly string[]> = {
  light: [
    '#2563c9',
    '#c2570c',
    '#0b7f58',
    '#a8327a',
    '#6d48c7',
    '#846600',
    '#08768c',
    '#b0342b',
    '#56657a',
    '#487a14',
  ],
  dark: [
    '#6ea8ff',
    '#ff9d5c',
    '#46cf9c',
    '#ff87bd',
    '#b79bff',
    '#e0bf45',
    '#4fcbe4',
    '#ff8f85',
    '#a6b5c6',
    '#9fd45f',
  ],
};

/** What else a canvas is drawn in, which knows no style sheet. */
export const INK: Record<Theme, { text: string; grid: string; card: string }> = {
  light: { text: '#56606d', grid: '#e8ebf0', card: '#ffffff' },
  dark: { text: '#9aa6b4', grid: '#262d36', card: '#171c22' },
};

/** Colour of the line at an index; after ten they come again, dashed. */
export function lineColour(theme: Theme, index: number): string {
  return LINES[theme][index % 10]!;
}

/** Dashes of the line at an index; none for the first ten. */
export function lineDash(index: number): number[] {
  return [[], [7, 4], [2, 3]][Math.floor(index / 10) % 3]!;
}
