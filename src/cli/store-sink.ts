import { ROLLUPS, type TimeRange } from '../domain/retention.ts';
import type { Store } from '../open-store.ts';
import { beginHistory, finishHistory } from '../store/refresh-history.ts';
import { resolveSeries } from '../store/resolve-series.ts';
import { writeSamples } from '../store/write-samples.ts';
import type { SampleSink } from './sample-sink.ts';

/** Writes samples of any age straight to a store, and brings its rollups up to date at the end. */
export function createStoreSink({ engine, close }: Store): SampleSink {
  let history: TimeRange | undefined;
  return {
    async beginHistory(fromMs, toMs) {
      history = { fromMs, toMs };
      await beginHistory(engine, history);
    },
    async write({ metric_name, host, labels = {}, unit, kind, times, values }) {
      const [id] = await resolveSeries(engine, [{ metricName: metric_name, host, labels, unit, kind }]);
      const seriesIds = new Int32Array(times.length).fill(id!);
      const [{ length: duplicates } = []] = await writeSamples(engine, [{ seriesIds, times, values }]);
      return { accepted: times.length - duplicates, duplicates, rejected: [] };
    },
    async finish(fromMs, toMs, onProgress) {
      const range = history ?? { fromMs, toMs };
      const rangeMs = range.toMs - range.fromMs;
      await finishHistory(engine, range, (done) => {
        const share = (done.toMs - range.fromMs) / rangeMs;
        onProgress((ROLLUPS.indexOf(done.rollup) + share) / ROLLUPS.length);
      });
    },
    close,
  };
}
