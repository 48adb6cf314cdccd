import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { startTestApp } from '../support/app.ts';
import { findProgram } from '../support/programs.ts';
import {
  countedBy,
  hasPrometheus,
  samplesIn,
  samplesOfOurs,
  scrapeConfig,
  startConfigured,
  startExporter,
  startPrometheus,
} from '../support/prometheus.ts';

const vmagent = findProgram('vmagent');
if (!hasPrometheus)
  console.log('no prometheus and node exporter here: remote_write is not tried with real clients');
else if (!vmagent) console.log('no vmagent here: remote_write is tried with Prometheus alone');

const SCRAPING_MS = 60_000;
const FORWARDING_MS = 5000;
/** Two minutes, and what starting and comparing take on a busy machine. */
const TIMEOUT_MS = 300_000;
const KIND_OF_CPU = expect.objectContaining({ metric_name: 'node_cpu_seconds_total', kind: 'counter' });

function forwardingTo(url: string): string {
  return `
remote_write:
  - url: ${url}/api/v1/write
    queue_config: { batch_send_deadline: 500ms }
    metadata_config: { send_interval: 2s }
`;
}

// They do little but wait, so they wait together.
describe.skipIf(!hasPrometheus).concurrent('a minute of scraping a node exporter', () => {
  test(
    'finds by remote_write everything that Prometheus has itself',
    async () => {
      const app = await startTestApp();
      const exporter = await startExporter();
      const prometheus = await startPrometheus(scrapeConfig(exporter.url) + forwardingTo(app.url));
      try {
        await sleep(SCRAPING_MS);
        const untilMs = Date.now();
        await sleep(FORWARDING_MS);
        const expected = await samplesIn(prometheus.url, untilMs);
        expect(await countedBy(prometheus.url, 'prometheus_remote_storage_samples_failed_total')).toBe(0);
        expect(await countedBy(prometheus.url, 'prometheus_remote_storage_samples_dropped_total')).toBe(0);
        const { metrics } = await app.json('/api/metrics');
        expect(metrics).toContainEqual(KIND_OF_CPU);
        await prometheus.end();
        await app.stop();
        const ours = new Set(await samplesOfOurs(app.config));
        expect(expected.length).toBeGreaterThan(10_000);
        expect(expected.filter((sample) => !ours.has(sample))).toEqual([]);
        console.log(`${expected.length} samples of Prometheus compared, ${ours.size} stored`);
      } finally {
        await Promise.all([prometheus.end(), exporter.end()]);
        await app.close();
      }
    },
    TIMEOUT_MS,
  );

  test.skipIf(!vmagent)(
    'finds what vmagent sends, the same as Prometheus that is sent it too',
    async () => {
      const app = await startTestApp();
      const exporter = await startExporter();
      const reference = await startPrometheus('', ['--web.enable-remote-write-receiver']);
      const agent = await startConfigured(
        vmagent!,
        scrapeConfig(exporter.url),
        '/health',
        (address, path, directory) => [
          `-httpListenAddr=${address}`,
          `-promscrape.config=${path}`,
          `-remoteWrite.tmpDataPath=${directory}`,
          `-remoteWrite.url=${app.url}/api/v1/write`,
          `-remoteWrite.url=${reference.url}/api/v1/write`,
          // Prometheus takes the samples of a series in order alone.
          '-remoteWrite.queues=1',
        ],
      );
      try {
        await sleep(SCRAPING_MS);
        expect(await countedBy(agent.url, 'vmagent_remotewrite_packets_dropped_total')).toBe(0);
        // It sends what it still has.
        await agent.end();
        const expected = await samplesIn(reference.url, Date.now());
        await app.stop();
        const ours = await samplesOfOurs(app.config);
        expect(expected.length).toBeGreaterThan(10_000);
        expect(ours.sort()).toEqual(expected.sort());
        console.log(`${expected.length} samples of vmagent compared`);
      } finally {
        await Promise.all([agent.end(), exporter.end(), reference.end()]);
        await app.close();
      }
    },
    TIMEOUT_MS,
  );
});
