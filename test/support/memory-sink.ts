import type { CommandIo, SampleBatch, SampleSink } from '../../src/cli/sample-sink.ts';

/** A sink that keeps everything in order, and drops a second sample of a series and time as a store does. */
export function memorySink(options: { onWrite?: (batch: SampleBatch) => void } = {}) {
  const calls: string[] = [];
  const samples: { series: string; timeMs: number; value: number }[] = [];
  const keys = new Set<string>();
  const sink: SampleSink = {
    async beginHistory(fromMs, toMs) {
      calls.push(`begin ${fromMs} ${toMs}`);
    },
    async write(batch) {
      options.onWrite?.(batch);
      let duplicates = 0;
      const series = JSON.stringify([batch.host, batch.metric_name, batch.labels ?? {}]);
      batch.times.forEach((timeMs, i) => {
        const key = `${series} ${timeMs}`;
        if (keys.has(key)) duplicates++;
        else samples.push({ series, timeMs, value: batch.values[i]! });
        keys.add(key);
      });
      return { accepted: batch.times.length - duplicates, duplicates, rejected: [] };
    },
    async finish(fromMs, toMs) {
      calls.push(`finish ${fromMs} ${toMs}`);
    },
    async close() {
      calls.push('close');
    },
  };
  return { sink, open: async () => sink, calls, samples };
}

/** A stream that keeps what is written, and a switch for Ctrl-C. */
export function commandIo(isTTY = false) {
  const written: string[] = [];
  const interrupt = new AbortController();
  const stream = { isTTY, columns: 100, write: (text: string) => void written.push(text) };
  const io: CommandIo = { stream, signal: interrupt.signal };
  return { io, interrupt: () => interrupt.abort(), output: () => written.join('') };
}
