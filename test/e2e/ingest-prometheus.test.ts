import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApp } from '../support/app.ts';
import { findProgram, freePort, runProgram } from '../support/programs.ts';
import { storedSamples } from '../support/stored-samples.ts';

const prometheus = findProgram('prometheus');
const exporter = findProgram('prometheus-node-exporter') ?? findProgram('node_exporter');
const isThere = prometheus !== undefined && exporter !== undefined;
if (!isThere)
  console.log('no prometheus and node exporter here: remote_write is not tried with the real client');

const SCRAPING_MS = 30_000;
const FORWARDING_MS = 5000;

const RawSamples = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
});

function configuration(exporterPort: number, writeUrl: string): string {
  return `
global: { scrape_interval: 1s }
scrape_configs:
  - { job_name: node, static_configs: [{ targets: ["127.0.0.1:${exporterPort}"] }] }
remote_write:
  - url: ${writeUrl}/api/v1/write
    queue_config: { batch_send_deadline: 500ms }
    metadata_config: { send_interval: 2s }
`;
}

/** What Prometheus counts of itself, summed over labels. */
async function counted(url: string, metric: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** Every sample of the last minutes up to a time, a line each. */
async function samplesOf(url: string, untilMs: number): Promise<string[]> {
  const query = new URLSearchParams({ query: '{__name__=~".+"}[10m]', time: String(untilMs / 1000) });
  const { data } = RawSamples.parse(await (await fetch(`${url}/api/v1/query?${query}`)).json());
  return data.result.flatMap(({ metric: { __name__, ...labels }, values }) =>
    values.map(([seconds, value]) => line(__name__!, labels, Math.round(seconds * 1000), Number(value))),
  );
}

function line(name: string, labels: Readonly<Record<string, string>>, timeMs: number, value: number): string {
  return `${name} ${JSON.stringify(Object.entries(labels).sort())} ${timeMs} ${value}`;
}

describe.skipIf(!isThere)('Prometheus that scrapes a node exporter', () => {
  test('finds by remote_write everything that it has itself', async () => {
    const app = await startTestApp();
    const directory = await mkdtemp(join(tmpdir(), 'hyperdash-prometheus-'));
    const [port, exporterPort] = [await freePort(), await freePort()];
    const config = join(directory, 'prometheus.yml');
    const url = `http://127.0.0.1:${port}`;
    await writeFile(config, configuration(exporterPort, app.url));
    const exporterUrl = `http://127.0.0.1:${exporterPort}/metrics`;
    const scraped = await runProgram(
      exporter!,
      [`--web.listen-address=127.0.0.1:${exporterPort}`],
      exporterUrl,
    );
    const flags = [
      `--web.listen-address=127.0.0.1:${port}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
    ];
    const scraping = await runProgram(prometheus!, [`--config.file=${config}`, ...flags], `${url}/-/ready`);
    try {
      await sleep(SCRAPING_MS);
      const untilMs = Date.now();
      await sleep(FORWARDING_MS);
      const expected = await samplesOf(url, untilMs);
      expect(await counted(url, 'prometheus_remote_storage_samples_failed_total')).toBe(0);
      expect(await counted(url, 'prometheus_remote_storage_samples_dropped_total')).toBe(0);
      const { metrics } = await app.json('/api/metrics');
      expect(metrics).toContainEqual(
        expect.objectContaining({ metric_name: 'node_cpu_seconds_total', kind: 'counter' }),
      );
      await scraping.end();
      await app.stop();
      const stored = await storedSamples(app.config);
      const lines = new Set(
        stored.map(({ metric_name, labels, time_us, value }) =>
          line(metric_name, labels, time_us / 1000, value),
        ),
      );
      expect(expected.length).toBeGreaterThan(5000);
      expect(expected.filter((sample) => !lines.has(sample))).toEqual([]);
      console.log(
        `${expected.length} samples of ${metrics.length} metrics compared, ${stored.length} stored`,
      );
    } finally {
      await Promise.all([scraping.end(), scraped.end()]);
      await app.close();
      await rm(directory, { recursive: true, force: true });
    }
  }, 180_000);
});
