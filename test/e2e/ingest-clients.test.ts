import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { InfluxDB, Point } from '@influxdata/influxdb-client';
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { storedSamples } from '../support/stored-samples.ts';

const ROUNDS = 20;
const ROUND_MS = 100;

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(() => app.close());

/** What one export holds, a line each: name, labels that matter, epoch microseconds, value. */
function pointsOf(exported: ResourceMetrics): string[] {
  return exported.scopeMetrics.flatMap(({ metrics }) =>
    metrics.flatMap(({ descriptor: { name }, dataPoints, dataPointType }) =>
      dataPoints.flatMap(({ attributes, endTime: [seconds, nanoseconds], value }) => {
        const at = Math.round((seconds * 1e9 + nanoseconds) / 1000);
        const route = String(attributes.route ?? '');
        if (dataPointType !== DataPointType.HISTOGRAM) return [`${name} ${route} ${at} ${value}`];
        const { count, sum, buckets } = value as {
          count: number;
          sum: number;
          buckets: { counts: number[] };
        };
        const cumulative = buckets.counts.map((_, i) =>
          buckets.counts.slice(0, i + 1).reduce((a, b) => a + b),
        );
        return [
          `${name}_count ${route} ${at} ${count}`,
          `${name}_sum ${route} ${at} ${sum}`,
          ...cumulative.map((below) => `${name}_bucket ${route} ${at} ${below}`),
        ];
      }),
    ),
  );
}

describe.each([
  ['protobuf', ProtobufExporter],
  ['JSON', JsonExporter],
])('the OpenTelemetry SDK over OTLP in %s', (encoding, Exporter) => {
  test('finds everything that it exported', async () => {
    const name = `otel_${encoding.toLowerCase()}`;
    const exporter = new Exporter({
      url: `${app.url}/v1/metrics`,
      temporalityPreference: AggregationTemporality.CUMULATIVE,
    });
    const exported: string[] = [];
    const failures: unknown[] = [];
    const send = exporter.export.bind(exporter);
    exporter.export = (metrics, done) => {
      exported.push(...pointsOf(metrics));
      send(metrics, (result) => {
        if (result.code !== 0) failures.push(result.error);
        done(result);
      });
    };
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
    const resource = resourceFromAttributes({ 'host.name': hostname(), 'service.name': 'shop' });
    const provider = new MeterProvider({ resource, readers: [reader] });
    const meter = provider.getMeter('test');
    const counter = meter.createCounter(`${name}_requests`, { unit: '1' });
    const latency = meter.createHistogram(`${name}_latency`, { unit: 's' });
    const gauge = meter.createGauge(`${name}_queue`);
    for (let round = 0; round < ROUNDS; round++) {
      for (const route of ['/', '/cart']) {
        counter.add(round, { route });
        latency.record(round * 7.5, { route });
        gauge.record(round / 3, { route });
      }
      await provider.forceFlush();
      await sleep(ROUND_MS);
    }
    await provider.shutdown();
    expect(failures).toEqual([]);
    expect(exported.length).toBeGreaterThan(ROUNDS * 6);
    const { metrics } = await app.json('/api/metrics');
    expect(metrics).toContainEqual(
      expect.objectContaining({ metric_name: `${name}_requests`, kind: 'counter' }),
    );
    expect(await app.json('/api/hosts')).toMatchObject({ hosts: [{ host: hostname() }] });
    await app.stop();
    const stored = (await storedSamples(app.config, name)).map(
      ({ metric_name, labels, time_us, value }) => `${metric_name} ${labels.route ?? ''} ${time_us} ${value}`,
    );
    expect(stored.sort()).toEqual(exported.sort());
  });
});

describe('the client of InfluxDB', () => {
  test('finds everything that it wrote', async () => {
    const failures: unknown[] = [];
    let acknowledged = 0;
    const writeApi = new InfluxDB({ url: app.url, token: 'any' }).getWriteApi('org', 'bucket', 'ns', {
      batchSize: 500,
      flushInterval: 100,
      gzipThreshold: 100,
      writeFailed: (error) => {
        failures.push(error);
      },
      writeSuccess: (lines) => {
        acknowledged += lines.length;
      },
    });
    const written: string[] = [];
    const nowUs = Date.now() * 1000;
    for (let i = 0; i < 5000; i++) {
      const timeUs = nowUs - i * 1001;
      const core = `c ${i % 4},=`;
      writeApi.writePoint(
        new Point('influx_cpu')
          .tag('host', 'web-1')
          .tag('core', core)
          .floatField('usage', i / 7)
          .intField('count', i)
          .booleanField('busy', i % 2 === 0)
          .stringField('note', `a "quoted", note ${i}`)
          .timestamp(`${timeUs}000`),
      );
      written.push(`influx_cpu_usage ${core} ${timeUs} ${i / 7}`, `influx_cpu_count ${core} ${timeUs} ${i}`);
      written.push(`influx_cpu_busy ${core} ${timeUs} ${i % 2 === 0 ? 1 : 0}`);
    }
    await writeApi.close();
    // Closing waits for the last batch alone.
    await vi.waitFor(() => expect(acknowledged).toBe(5000), { timeout: 20_000, interval: 50 });
    expect(failures).toEqual([]);
    await app.stop();
    const stored = (await storedSamples(app.config, 'influx_')).map(
      ({ metric_name, labels, time_us, value }) => `${metric_name} ${labels.core} ${time_us} ${value}`,
    );
    expect(stored.sort()).toEqual(written.sort());
  });
});
