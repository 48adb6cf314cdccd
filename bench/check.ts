/**
 * The gate of CI: `npm run bench:check`. Measures a part of `npm run bench` and fails where a figure is beyond its bound.
 * The bounds are several times what a quiet machine measures, since this runs on busy ones; docs/performance.md has those.
 */
import { decoding } from './sections/decoding.ts';
import { kernel, LTTB_KERNEL, WITH_GAPS } from './sections/kernel.ts';
import { REST_TEXT, serialisation } from './sections/serialisation.ts';
import { THROUGH_POOL, threads } from './sections/threads.ts';
import { print, type Row, type Section } from './support/section.ts';

const POINTS = 100_000;
/** The mission's own: 100 000 points → 1 000, through the pool. */
const POOL_MAX_MS = 150;

const exceeded: string[] = [];

function row(section: Section, name: string): Row {
  const found = section.rows.find((one) => one.name === name);
  if (!found) throw new Error(`${section.title} has no row "${name}"`);
  return found;
}

/** Holds a row to a bound: milliseconds, or times its section's first row. */
function hold(section: Section, name: string, unit: 'ms' | 'ratio', bound: number): void {
  const measured = row(section, name)[unit];
  const verdict = `${section.title}, ${name}: ${measured.toFixed(2)} ${unit === 'ms' ? 'ms' : '×'} (at most ${bound})`;
  console.log(`${measured <= bound ? 'ok    ' : 'BEYOND'} ${verdict}`);
  if (measured > bound) exceeded.push(verdict);
}

const lttb = await kernel(POINTS);
const decoded = await decoding(POINTS);
const pooled = await threads(POINTS);
const texts = await serialisation(1000);
for (const section of [lttb, decoded, pooled, texts]) print(section);

console.log();
hold(pooled, THROUGH_POOL, 'ms', POOL_MAX_MS);
hold(lttb, LTTB_KERNEL, 'ratio', 12);
hold(lttb, WITH_GAPS, 'ratio', 20);
hold(decoded, 'into joined columns', 'ratio', 60);
hold(pooled, THROUGH_POOL, 'ratio', 15);
hold(texts, REST_TEXT, 'ratio', 40);
if (exceeded.length > 0) {
  console.error(`\n${exceeded.length} figures are beyond their bounds`);
  process.exitCode = 1;
}
