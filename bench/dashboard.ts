import type { Page } from 'playwright-core';
import { createMetricsClient } from '../src/client.ts';
import { findChromium, launchChromium } from '../test/support/browser.ts';
import { figure, quantile } from './support/report.ts';

/**
 * Measures the dashboard of a running server that holds `npm run seed -- --days 30 --hosts 20`, in Chromium:
 * `npm run bench:dashboard -- http://localhost:8000`. The live part sends 360 samples to each of 80 series, as many as an
 * hour holds at the agent's interval.
 */
const url = process.argv[2] ?? 'http://localhost:8000';
const METRICS = 8;
const HOSTS = 10;
const LIVE_SAMPLES = 360;
const HEAP_AT = [0, 90, 180, 270, 360];
const LIVE_EVERY_MS = 250;
const RUNS = 5;
/** The measuring itself evaluates what the page's own policy refuses. */
const PAGE = { viewport: { width: 1440, height: 900 }, bypassCSP: true };

const executablePath = findChromium();
if (!executablePath) throw new Error('this needs Chromium on the PATH');
const client = createMetricsClient({ url });
const browser = await launchChromium(executablePath);

/** Milliseconds from the beginning, and from the arrival of the data, to the frame after the chart is drawn. */
async function timeChart(address: string): Promise<{ sinceBegin: number; sinceData: number }> {
  const page = await browser.newPage(PAGE);
  await page.addInitScript(`
    new MutationObserver((_, observer) => {
      if (!document.querySelector('.legend tbody tr')) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => { window.drawnMs = performance.now(); }));
    }).observe(document, { childList: true, subtree: true });`);
  await page.goto(new URL(address, url).href);
  await page.waitForFunction('window.drawnMs');
  const sinceBegin = await page.evaluate<number>('window.drawnMs');
  const arrivedMs = await page.evaluate<number>(
    `performance.getEntriesByType('resource').find(({ name }) => name.includes('matrix')).responseEnd`,
  );
  await page.close();
  return { sinceBegin, sinceData: sinceBegin - arrivedMs };
}

async function report(what: string, address: string, target: string): Promise<void> {
  const runs: { sinceBegin: number; sinceData: number }[] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await timeChart(address));
  const median = (of: (run: (typeof runs)[number]) => number) => quantile(runs.map(of), 0.5);
  figure(
    `${what}: from its data to the screen`,
    median(({ sinceData }) => sinceData),
    'ms',
    target,
  );
  figure(
    `${what}: from the navigation to the screen`,
    median(({ sinceBegin }) => sinceBegin),
    'ms',
    '< 1000',
  );
}

/** What the page's main thread computes, in milliseconds, to go from a chart of one host to another address of it. */
async function computeMs(address: string, lines: number): Promise<number> {
  const page = await browser.newPage(PAGE);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busySeconds = async () =>
    (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')!.value;
  await page.goto(new URL('/chart?metric=cpu_usage&host=web-1&range=1h', url).href);
  await page.locator('.pill.live').waitFor();
  const before = await busySeconds();
  await page.evaluate(
    `history.pushState({}, '', '${address}'); dispatchEvent(new PopStateEvent('popstate'))`,
  );
  await page.waitForFunction(`document.querySelectorAll('.legend tbody tr').length === ${lines}`);
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))');
  const after = await busySeconds();
  await page.close();
  return (after - before) * 1000;
}

/** Bytes that are in use after everything unused is collected. */
async function heapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}

const metrics = Array.from({ length: METRICS }, (_, m) => `bench_${m}`);

async function sendRound(round: number): Promise<void> {
  const samples = metrics.flatMap((metric_name, m) =>
    Array.from({ length: HOSTS }, (_, h) => ({
      host: `bench-${h}`,
      metric_name,
      value: 50 + 10 * h + 20 * Math.sin(round / 20 + m + h),
    })),
  );
  await client.ingest.mutate({ samples });
}

async function live(): Promise<void> {
  await sendRound(0);
  const page = await browser.newPage(PAGE);
  const query = metrics.map((metric) => `metric=${metric}`).join('&');
  await page.goto(new URL(`/chart?${query}&range=15m`, url).href);
  for (let m = 0; m < METRICS; m++) await page.locator('.pill.live').nth(m).waitFor();
  for (let round = 1; round < 20; round++) await sendRound(round);
  await page.evaluate(`
    window.frames = [];
    let before = performance.now();
    requestAnimationFrame(function tick(now) { frames.push(now - before); before = now; requestAnimationFrame(tick); });`);
  const heaps: number[] = [];
  for (let round = 0; round < LIVE_SAMPLES; round++) {
    const beganMs = performance.now();
    if (HEAP_AT.includes(round)) heaps.push(await heapBytes(page));
    await sendRound(20 + round);
    await new Promise((resolve) =>
      setTimeout(resolve, Math.max(0, LIVE_EVERY_MS - (performance.now() - beganMs))),
    );
  }
  const frames = await page.evaluate<number[]>('window.frames');
  await page.evaluate('window.frames = []');
  heaps.push(await heapBytes(page));
  console.log(
    `\n${METRICS} charts of ${HOSTS} hosts, ${LIVE_SAMPLES} live samples each, ${1000 / LIVE_EVERY_MS} a second`,
  );
  figure('time between frames, median', quantile(frames, 0.5), 'ms', '16.7');
  figure('time between frames, 99th percentile', quantile(frames, 0.99), 'ms');
  for (const [h, bytes] of heaps.entries()) figure(`heap after ${HEAP_AT[h]} samples`, bytes / 1e6, 'MB');
  await page.close();
}

await report('1 h of one host', '/chart?metric=cpu_usage&host=web-1&range=1h', '');
const thirtyDays = `/chart?metric=cpu_usage&range=30d&${hostQuery()}`;
await report('30 d of 20 hosts', thirtyDays, '< 300');
const computed: number[] = [];
for (let run = 0; run < RUNS; run++) computed.push(await computeMs(thirtyDays, 20));
figure('30 d of 20 hosts: computing time of the main thread', quantile(computed, 0.5), 'ms', '< 300');
await live();
await browser.close();

function hostQuery(): string {
  return Array.from({ length: 20 }, (_, h) => `host=web-${h + 1}`).join('&');
}
