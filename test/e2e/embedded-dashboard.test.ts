import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildWebWhenStale } from '../../web/build.ts';
import { findChromium, launchChromium } from '../support/browser.ts';
import { type Program, startProgram } from '../support/program.ts';

const WAIT_MS = 30_000;
const STEP_MS = 10_000;
const executablePath = findChromium();
if (!executablePath) console.log('no Chromium here: the story of the dashboard is not run');

let dataDir: string;
let program: Program;
let browser: Browser;
let page: Page;
/** What the page must never have: errors, refusals by its policy, requests to elsewhere. */
const faults: string[] = [];
/** Questions for charts that the page has asked. */
let asked = 0;
/** While the server is down, requests may fail. */
let serverIsUp = true;

function settings(port: string): Record<string, string> {
  return { PORT: port, AGENT: 'on', DATA_DIR: dataDir, LOG_LEVEL: 'info' };
}

function watch(watched: Page): void {
  watched.setDefaultTimeout(WAIT_MS);
  watched.on('pageerror', (error) => faults.push(error.message));
  watched.on('console', (message) => {
    if (message.type() === 'error' && serverIsUp) faults.push(message.text());
  });
  watched.on('request', (request) => {
    if (new URL(request.url()).origin !== program.url && !request.url().startsWith('blob:'))
      faults.push(request.url());
    if (request.url().includes('matrix')) asked++;
  });
}

/** What axe finds that is serious or worse. */
async function seriousFindings(): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(source);
  const { violations, passes } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof import('axe-core') }).axe.run(),
  );
  expect(passes.length).toBeGreaterThan(10);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Sends samples of two hosts as a steady sender does: one every 10 s up to now, valued 10 and 20. */
async function sendHistory(hours: number): Promise<void> {
  const nowMs = Math.floor(Date.now() / STEP_MS) * STEP_MS;
  for (const [h, host] of ['story-1', 'story-2'].entries()) {
    const samples = Array.from({ length: hours * 360 }, (_, i) => ({
      time: nowMs - i * STEP_MS,
      host,
      metric_name: 'queue_length',
      value: 10 * (h + 1),
    }));
    await program.client.ingest.mutate({ samples });
  }
}

const send = (value: number) =>
  program.client.ingest.mutate({ samples: [{ host: 'story-1', metric_name: 'queue_length', value }] });

/** The newest value of a line, as the legend has it. */
const newestOf = (host: string) => page.locator('.legend tr', { hasText: host }).locator('td').first();
const badge = () => page.locator('.badges li').first().textContent();
const query = () => new URL(page.url()).searchParams;

beforeAll(async () => {
  if (!executablePath) return;
  await buildWebWhenStale();
  dataDir = await mkdtemp(join(tmpdir(), 'hyperdash-story-'));
  program = await startProgram(settings('0'));
  browser = await launchChromium(executablePath);
  page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
  watch(page);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  program?.signal('SIGTERM');
  await program?.ended;
  if (dataDir) await rm(dataDir, { recursive: true, force: true });
}, 60_000);

/** A chart follows the window in a frame after. */
const pageWidth = () => page.evaluate<number>('document.documentElement.scrollWidth');

describe.skipIf(!executablePath)('the story of the dashboard, from an empty data directory', () => {
  test('cards fill by themselves', async () => {
    await page.goto(program.url);
    const card = page.locator('.metric', { hasText: 'CPU usage' }).first();
    await card.locator('.value', { hasText: /\d/ }).waitFor();
    await card.locator('.sparkline path').first().waitFor({ state: 'attached' });
    await page.locator('.hosts .fresh').first().waitFor();
    await page.locator('.figures', { hasText: /Samples a second[\d.]/ }).waitFor();
    expect(await seriousFindings()).toEqual([]);
  }, 60_000);

  test('a chart of another metric opens from the list, with both its hosts', async () => {
    await sendHistory(3);
    await page.getByRole('link', { name: 'queue_length' }).click();
    await expect.poll(() => newestOf('story-1').textContent(), { timeout: WAIT_MS }).toBe('10');
    expect(await newestOf('story-2').textContent()).toBe('20');
    expect(await badge()).toBe('metrics');
    await page.locator('.pill.live').waitFor();
    expect(await seriousFindings()).toEqual([]);
  }, 60_000);

  test('range and hosts are chosen, and the address holds them over a reload', async () => {
    await page.getByRole('button', { name: '24 h' }).click();
    await expect.poll(badge, { timeout: WAIT_MS }).toBe('metrics_1min');
    await page.getByRole('button', { name: /^Hosts/ }).click();
    expect(await seriousFindings()).toEqual([]);
    await page.getByLabel('story-1').check();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.legend tbody tr').count(), { timeout: WAIT_MS }).toBe(1);
    expect(Object.fromEntries(query())).toEqual({ metric: 'queue_length', host: 'story-1', range: '24h' });
    await page.reload();
    await expect.poll(() => newestOf('story-1').textContent(), { timeout: WAIT_MS }).toBe('10');
    expect(await page.locator('.legend tbody tr').count()).toBe(1);
  }, 60_000);

  test('a drag zooms in at full resolution, and a double click goes back', async () => {
    const plot = page.locator('.u-over');
    const box = (await plot.boundingBox())!;
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width - 60, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 40, y, { steps: 4 });
    await page.mouse.up();
    await expect.poll(badge, { timeout: WAIT_MS }).toBe('metrics');
    const [fromMs, toMs] = [Number(query().get('from')), Number(query().get('to'))];
    expect(toMs - fromMs).toBeLessThan(3_600_000);
    expect(await page.locator('.pill').count()).toBe(0);
    await plot.dblclick();
    await expect.poll(() => query().get('range'), { timeout: WAIT_MS }).toBe('24h');
    await expect.poll(badge, { timeout: WAIT_MS }).toBe('metrics_1min');
  }, 60_000);

  test('live samples appear without another question', async () => {
    await page.getByRole('button', { name: '15 m' }).click();
    await page.locator('.pill.live').waitFor();
    await expect
      .poll(() => page.locator('.chart').getAttribute('aria-busy'), { timeout: WAIT_MS })
      .toBe('false');
    await page.mouse.move(0, 0);
    const before = asked;
    for (const value of [31, 32, 33]) {
      await send(value);
      await expect.poll(() => newestOf('story-1').textContent(), { timeout: WAIT_MS }).toBe(String(value));
    }
    expect(asked).toBe(before);
  }, 60_000);

  test('after a restart of the server the chart goes on without a gap', async () => {
    serverIsUp = false;
    program.signal('SIGTERM');
    await program.ended;
    await page.locator('.pill.reconnecting, .pill.polling').waitFor();
    program = await startProgram(settings(new URL(program.url).port));
    // Sent before the page is back: it has to catch up with these.
    for (const value of [41, 42, 43]) await send(value);
    await page.locator('.pill.live, .pill.resumed').waitFor();
    serverIsUp = true;
    await send(44);
    await expect.poll(() => newestOf('story-1').textContent(), { timeout: WAIT_MS }).toBe('44');
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV' }).click();
    const csv = await readFile(await (await saved).path(), 'utf8');
    const values = csv
      .trim()
      .split('\r\n')
      .map((line) => Number(line.split(',')[1]));
    expect(values.slice(-7)).toEqual([31, 32, 33, 41, 42, 43, 44]);
  }, 90_000);

  test('is as fit in the dark, on a phone, and says what to do where nothing matches', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await seriousFindings()).toEqual([]);
    await expect.poll(pageWidth).toBeLessThanOrEqual(390);
    await page.getByLabel('Filter by a label, as label=value').fill('queue=mail');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing matches.').waitFor();
    expect(await seriousFindings()).toEqual([]);
    await page.getByRole('link', { name: 'Overview', exact: true }).click();
    await page.locator('.metric').first().waitFor();
    expect(await seriousFindings()).toEqual([]);
    await expect.poll(pageWidth).toBeLessThanOrEqual(390);
  }, 60_000);

  test('has logged no error and asked nobody else', () => {
    // What a page refused is what it says for the filter that matches nothing.
    expect(faults.filter((fault) => !/status of 404/.test(fault))).toEqual([]);
  });
});
