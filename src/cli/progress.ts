import type { ProgressStream } from './sample-sink.ts';

const REDRAW_MS = 100;
const LINE_EVERY_MS = 10_000;
const BAR_WIDTH = 24;

/** How far a command is. */
export interface Progress {
  /** `fraction` of the whole that is done, 0–1; `count` of samples so far, for the rate. */
  update(fraction: number, count: number): void;
  /** Writes a line of its own without tearing the bar. */
  line(text: string): void;
  /** Leaves the last state as a line; writes nothing where there was no update, or a second time. */
  end(): void;
}

/**
 * Shows a bar with count, rate and time left, redrawn in place on a terminal; elsewhere a plain line
 * every ten seconds and at the end.
 */
export function createProgress(stream: ProgressStream, label: string): Progress {
  const startedMs = performance.now();
  let drawnMs = stream.isTTY ? Number.NEGATIVE_INFINITY : startedMs;
  let fraction = 0;
  let count = 0;
  let shown = false;

  function text(): string {
    const seconds = (performance.now() - startedMs) / 1000;
    const rate = count / Math.max(seconds, 0.001);
    const left =
      fraction > 0 && fraction < 1 ? `, ${duration((seconds / fraction) * (1 - fraction))} left` : '';
    const percent = `${Math.floor(fraction * 100)}%`.padStart(4);
    return ` ${percent}  ${whole(count)} samples, ${whole(rate)}/s${left}`;
  }

  function draw(): void {
    drawnMs = performance.now();
    if (!stream.isTTY) return void stream.write(`${label}${text()}\n`);
    const done = Math.round(fraction * BAR_WIDTH);
    const bar = `${label} ${'█'.repeat(done)}${'░'.repeat(BAR_WIDTH - done)}${text()}`;
    stream.write(`\r\x1b[K${bar.slice(0, (stream.columns ?? 80) - 1)}`);
  }

  return {
    update(nextFraction, nextCount) {
      fraction = Math.min(1, Math.max(0, nextFraction));
      count = nextCount;
      shown = true;
      if (performance.now() - drawnMs >= (stream.isTTY ? REDRAW_MS : LINE_EVERY_MS)) draw();
    },
    line(message) {
      stream.write(stream.isTTY ? `\r\x1b[K${message}\n` : `${message}\n`);
      if (stream.isTTY && shown) draw();
    },
    end() {
      if (!shown) return;
      shown = false;
      draw();
      if (stream.isTTY) stream.write('\n');
    },
  };
}

/** A whole number with thousands apart: `544 320`. */
export function whole(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ' ');
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
