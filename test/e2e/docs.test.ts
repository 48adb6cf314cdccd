import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { findChromium, withPage } from '../support/browser.ts';

const chromium = findChromium();
if (chromium === undefined) console.log('no Chromium here: /docs is not tried in a browser');

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  await app.client.ingest.mutate({ samples: [{ host: 'docs-1', metric_name: 'm', value: 1 }] });
});
afterAll(() => app?.close());

test.skipIf(chromium === undefined)(
  'the reference sends a request and shows the answer, and needs no other server',
  async () => {
    await withPage(chromium!, async (page) => {
      const outside: string[] = [];
      const faults: string[] = [];
      page.on('request', (request) => {
        const url = request.url();
        if (!url.startsWith(app.url) && !url.startsWith('data:')) outside.push(url);
      });
      page.on('console', (message) => {
        if (message.type() === 'error') faults.push(message.text());
      });
      await page.goto(`${app.url}/docs#/metrics/hosts`);
      await page.click('#operations-metrics-hosts .execute');
      const answer = await page.textContent('#operations-metrics-hosts .live-responses-table tbody');
      expect(answer).toContain('docs-1');
      expect({ outside, faults }).toEqual({ outside: [], faults: [] });
    });
  },
);
