import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildWebWhenStale } from '../../web/build.ts';
import { startTestApp, type TestApp } from '../support/app.ts';

const BUDGET_BYTES = 150 * 1024;
const BUILT = new URL('../../dist/web/', import.meta.url);

let app: TestApp;
/** Addresses of the script and the style sheet that the page names. */
let assets: string[];

beforeAll(async () => {
  await buildWebWhenStale();
  app = await startTestApp();
  const page = await (await app.rest('/')).text();
  assets = Array.from(page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g), ([, path]) => path!);
});
afterAll(() => app?.close());

describe('the dashboard', () => {
  test('is at / and wherever the page knows the way, reloads included', async () => {
    for (const path of ['/', '/chart', '/chart?metric=cpu_usage&range=24h']) {
      const response = await app.rest(path);
      expect(response.status, path).toBe(200);
      expect(response.headers.get('content-type')).toMatch(/^text\/html/);
      expect(await response.text()).toContain('<div id="root">');
    }
    expect((await app.rest('/nowhere')).status).toBe(404);
    expect((await app.rest('/assets/gone.js')).status).toBe(404);
  });

  test('runs nothing inline and takes nothing from elsewhere', async () => {
    const response = await app.rest('/');
    const policy = response.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const page = await response.text();
    expect(page).not.toMatch(/<script(?![^>]*\ssrc="\/)|<style|style="|\son\w+=|https?:\/\//);
    for (const path of assets) {
      const text = await (await app.rest(path)).text();
      expect(text).not.toMatch(/(?:@import|url\()\s*["']?(?:https?:)?\/\//);
    }
  });

  test('is asked for anew each time, and answers 304 where nothing changed', async () => {
    const first = await app.rest('/');
    expect(first.headers.get('cache-control')).toBe('no-cache');
    const etag = first.headers.get('etag')!;
    // Else fetch itself says no-cache, and so asks for it whole.
    const headers = { 'if-none-match': etag, 'cache-control': 'max-age=0' };
    expect((await app.rest('/', { headers })).status).toBe(304);
    expect((await app.rest('/theme.js')).headers.get('cache-control')).toBe('no-cache');
  });

  test('has assets that are kept for a year, sent as they were compressed', async () => {
    expect(assets.length).toBeGreaterThanOrEqual(2);
    for (const path of assets) {
      for (const encoding of ['br', 'gzip']) {
        const response = await app.rest(path, { headers: { 'accept-encoding': encoding } });
        expect(response.headers.get('content-encoding')).toBe(encoding);
        expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
        expect(response.headers.get('vary')).toMatch(/accept-encoding/i);
      }
      const plain = await app.rest(path, { headers: { 'accept-encoding': 'identity' } });
      expect(plain.headers.get('content-encoding')).toBe(null);
      expect((await plain.arrayBuffer()).byteLength).toBeGreaterThan(1000);
    }
  });

  test('is at most 150 KB gzipped in all', async () => {
    const files = (await readdir(BUILT, { recursive: true })).filter((name) =>
      /\.(js|css|html|svg)$/.test(name),
    );
    const sizes = await Promise.all(
      files.map(async (name) => gzipSync(await readFile(new URL(name, BUILT))).length),
    );
    const total = sizes.reduce((sum, size) => sum + size, 0);
    console.log(`the dashboard: ${(total / 1024).toFixed(1)} KB gzipped`);
    expect(total).toBeLessThanOrEqual(BUDGET_BYTES);
  });
});
