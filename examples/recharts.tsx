import { createMetricsClient } from 'hyperdash/client';
import { createRoot } from 'react-dom/client';
import { Line, LineChart, Tooltip, XAxis, YAxis } from 'recharts';

const client = createMetricsClient({ url: 'http://localhost:8000' });
const { data } = await client.series.query({ metric_name: 'cpu_usage', start: '24h', resolution: 'fit' });

createRoot(document.body).render(
  <LineChart width={900} height={300} data={[...data]}>
    <XAxis dataKey="time" tickFormatter={(time: Date) => time.toLocaleTimeString()} />
    <YAxis unit=" %" />
    <Tooltip />
    <Line dataKey="value" dot={false} />
  </LineChart>,
);
