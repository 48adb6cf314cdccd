import type { Theme } from '../ui/theme.tsx';
import { INK, lineColour } from './palette.ts';
import type { ChartLine, ChartRows } from './rows.ts';

const PADDING = 16;
const LINE_HEIGHT = 20;

/** The rows as CSV: ISO times in UTC, then a column for each line. */
export function toCsv({ times, lines }: ChartRows): string {
  const head = ['time', ...lines.map(nameOf)].map(quoted).join();
  const body = times.map((ms, row) =>
    [new Date(ms).toISOString(), ...lines.map(({ values }) => values[row] ?? '')].join(),
  );
  return `${[head, ...body].join('\r\n')}\r\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function nameOf({ host, labels }: ChartLine): string {
  return [host, ...Object.entries(labels).map(([label, value]) => `${label}=${value}`)].join(' ');
}

/** The chart as a picture, with its title and the names of its lines. */
export async function toPng(
  canvas: HTMLCanvasElement,
  { title, lines, theme }: { title: string; lines: readonly ChartLine[]; theme: Theme },
): Promise<Blob> {
  const scale = devicePixelRatio;
  const width = canvas.width + 2 * PADDING * scale;
  const names = lines.map(nameOf);
  const picture = document.createElement('canvas');
  const pen = picture.getContext('2d')!;
  pen.font = font(scale);
  const places = flow(
    names.map((name) => pen.measureText(name).width + 28 * scale),
    width - 2 * PADDING * scale,
  );
  const legendTop = canvas.height + (PADDING + 2 * LINE_HEIGHT) * scale;
  picture.width = width;
  picture.height = legendTop + (places.at(-1)?.line ?? 0) * LINE_HEIGHT * scale + LINE_HEIGHT * scale;
  pen.fillStyle = INK[theme].card;
  pen.fillRect(0, 0, picture.width, picture.height);
  pen.drawImage(canvas, PADDING * scale, (PADDING + LINE_HEIGHT) * scale);
  pen.fillStyle = INK[theme].text;
  pen.font = `600 ${font(scale)}`;
  pen.fillText(title, PADDING * scale, (PADDING + 8) * scale);
  pen.font = font(scale);
  for (const [l, { x, line }] of places.entries()) {
    const [left, base] = [x + PADDING * scale, legendTop + line * LINE_HEIGHT * scale];
    pen.fillStyle = lineColour(theme, l);
    pen.fillRect(left, base - 6 * scale, 12 * scale, 3 * scale);
    pen.fillStyle = INK[theme].text;
    pen.fillText(names[l]!, left + 16 * scale, base);
  }
  const { promise, resolve, reject } = Promise.withResolvers<Blob>();
  picture.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png');
  return promise;
}

function font(scale: number): string {
  return `${13 * scale}px system-ui, sans-serif`;
}

/** Places pieces one after the other, on a new line where the width ends. */
function flow(widths: readonly number[], width: number): { x: number; line: number }[] {
  let x = 0;
  let line = 0;
  return widths.map((own) => {
    if (x > 0 && x + own > width) {
      x = 0;
      line++;
    }
    const place = { x, line };
    x += own;
    return place;
  });
}

/** Hands a file to whoever looks at the page. */
export function download(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url));
}
