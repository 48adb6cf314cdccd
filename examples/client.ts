import { createMetricsClient } from 'hyperdash/client';

const client = createMetricsClient({ url: 'http://localhost:8000' });

await client.ingest.mutate({
  samples: [{ host: 'web-1', metric_name: 'queue_length', value: 42, labels: { queue: 'mail' } }],
});

const { data, data_source } = await client.series.query({ metric_name: 'queue_length', start: '1h' });
console.log(`${data.length} points from ${data_source}`);
for (const { time, value } of data) console.log(time.toISOString(), value);
