import type { Store } from '../app.ts';
import { resolveSeries } from '../store/resolve-series.ts';
import { writeSamples } from '../store/write-samples.ts';
import type { SampleSink } from './sample-sink.ts';

/** Writes straight to a store, and brings its rollups up to date at the end. */
export function createStoreSink(store: Store): SampleSink {
  const { engine } = store;
  return {
    async write({ metric_name, host, labels = {}, unit, kind, times, values }) {
      const [id] = await resolveSeries(engine, [{ metricName: metric_name, host, labels, unit, kind }]);
      const seriesIds = new Int32Array(times.length).fill(id!);
      const [{ length: duplicates } = []] = await writeSamples(engine, [{ seriesIds, times, values }]);
      return { accepted: times.length - duplicates, duplicates, rejected: [] };
    },
    close: () => store.close(),
  };
}
