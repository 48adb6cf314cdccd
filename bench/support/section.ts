import { Bench } from 'tinybench';

/** One thing measured: its median, and how many times as long it took as the first of its section. */
export interface Row {
  readonly name: string;
  readonly ms: number;
  readonly ratio: number;
}

/** Things measured in turn within one run; the first is the yardstick of the others. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** What is measured under a name. */
export type Task = (() => unknown) | PreparedTask;

/** A task whose preparation is left out of the time. */
export interface PreparedTask {
  readonly beforeEach: () => void;
  readonly run: () => unknown;
  /** Whether `run` gives a promise. */
  readonly async: boolean;
}

/** Calls every task for a second each, with tinybench. */
export async function measure(title: string, tasks: Readonly<Record<string, Task>>): Promise<Section> {
  const bench = new Bench({ time: 1000, warmupTime: 300, iterations: 20 });
  for (const [name, task] of Object.entries(tasks)) {
    if (typeof task === 'function') bench.add(name, task);
    else bench.add(name, task.run, { beforeEach: task.beforeEach, async: task.async });
  }
  await bench.run();
  return sectionOf(
    title,
    bench.tasks.map(({ name, result }) => {
      if (result.state === 'errored') throw result.error;
      if (result.state !== 'completed') throw new Error(`${title}, ${name}: ${result.state}`);
      return [name, result.latency.p50];
    }),
  );
}

/** A section of medians, the yardstick first; milliseconds. */
export function sectionOf(title: string, medians: readonly (readonly [name: string, ms: number])[]): Section {
  const yardstick = medians[0]![1];
  return { title, rows: medians.map(([name, ms]) => ({ name, ms, ratio: ms / yardstick })) };
}

export function print({ title, rows }: Section): void {
  console.log(`\n${title}`);
  for (const { name, ms, ratio } of rows) {
    console.log(`  ${name.padEnd(52)}${ms.toFixed(4).padStart(11)} ms${ratio.toFixed(2).padStart(9)} ×`);
  }
}
