import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  const newestMs = Date.now() - 60_000;
  const samples = [0, 1, 2].map((n) => ({ time: newestMs + n, host: 'a', metric_name: 'seen', value: n }));
  await app.client.ingest.mutate({
    samples: [...samples, samples[0]!, { host: '', metric_name: 'seen', value: 1 }],
  });
  await app.client.series.query({ metric_name: 'seen', start: '1h' });
  await app.client.series.query({ metric_name: 'absent', start: '1h' }).catch(() => undefined);
});
afterAll(() => app?.close());

async function figures(): Promise<Map<string, number>> {
  const text = await (await app.rest('/metrics')).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

test('/metrics tells what came in, what was asked and how the store is', async () => {
  const seen = await figures();
  expect(Object.fromEntries(seen)).toMatchObject({
    'hyperdash_ingest_samples_total{protocol="json",outcome="accepted"}': 3,
    'hyperdash_ingest_samples_total{protocol="json",outcome="duplicates"}': 1,
    'hyperdash_ingest_rejected_total{protocol="json",reason="malformed"}': 1,
    'hyperdash_query_duration_seconds_count{procedure="series",tier="metrics",code="OK"}': 1,
    'hyperdash_query_duration_seconds_count{procedure="series",tier="none",code="NOT_FOUND"}': 1,
    'hyperdash_query_rows_read_total{tier="metrics"}': 3,
    'hyperdash_http_request_duration_seconds_count{method="POST",route="/trpc/:path",status="200"}': 1,
    'hyperdash_downsampling_total{outcome="inline"}': 1,
    'hyperdash_reads{state="running"}': 0,
    hyperdash_database_up: 1,
    hyperdash_series: 1,
    'hyperdash_chunks{tier="metrics"}': 1,
  });
  for (const name of [
    'nodejs_eventloop_lag_p99_seconds',
    'process_resident_memory_bytes',
    'hyperdash_database_connections{pool="main",state="waiting"}',
  ]) {
    expect(seen.has(name)).toBe(true);
  }
});

test('/metrics gives the same figures again while nothing happens', async () => {
  const name = 'hyperdash_ingest_samples_total{protocol="json",outcome="accepted"}';
  expect((await figures()).get(name)).toBe((await figures()).get(name));
});

test('/metrics counts costly charts of the settled past that were computed once and answered again', async () => {
  const ago = (minutes: number) => Date.now() - minutes * 60_000;
  const question = { metric_name: 'seen', start: ago(1_200), end: ago(10), resolution: 'raw' } as const;
  const lookups = async (outcome: string) =>
    (await figures()).get(`hyperdash_cache_lookups_total{outcome="${outcome}"}`);
  // The past settles with the first round of maintenance, which begins when the program starts.
  await expect
    .poll(
      async () => {
        await app.client.series.query(question);
        return lookups('memory');
      },
      { timeout: 90_000, interval: 200 },
    )
    .toBe(1);
  expect([await lookups('missed'), await lookups('redis')]).toEqual([1, 0]);
  expect((await figures()).get('hyperdash_cache_bytes')).toBeGreaterThan(0);
}, 120_000);
