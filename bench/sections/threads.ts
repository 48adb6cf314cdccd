import { Piscina } from 'piscina';
import { createDownsampling } from '../../src/downsampling/downsampling.ts';
import { copyOf, makePoints } from '../support/points.ts';
import { measure, type Section, type Task } from '../support/section.ts';

const KEPT = 1000;
const WORKER = new URL('../../workers/downsample.ts', import.meta.url);

export const THROUGH_POOL = 'through a worker, buffers moved';

/** One job in this thread, and there and back through a worker: its buffers moved, and cloned. */
export async function threads(length: number): Promise<Section> {
  const inline = createDownsampling({ inlineMaxPoints: Number.MAX_SAFE_INTEGER, threads: 1, maxQueue: 1 });
  const pooled = createDownsampling({ inlineMaxPoints: 0, threads: 1, maxQueue: 1 });
  const cloning = new Piscina({ filename: WORKER.href, minThreads: 1, maxThreads: 1 });
  await Promise.all([inline.warm(), pooled.warm()]);
  const points = makePoints(length);
  let job = { segments: [points], n: KEPT };
  // The pool takes the buffers over, so each iteration gets its own, outside of the time measured.
  const beforeEach = () => {
    job = { segments: [copyOf(points)], n: KEPT };
  };
  const inTurn = (run: () => Promise<unknown>): Task => ({ run, beforeEach, async: true });
  const section = await measure(`One job, ${length.toLocaleString('en')} points → ${KEPT}`, {
    'in this thread': inTurn(() => inline.run(job)),
    [THROUGH_POOL]: inTurn(() => pooled.run(job)),
    'through a worker, buffers cloned': inTurn(() => cloning.run(job)),
  });
  await Promise.all([inline.close(), pooled.close(), cloning.destroy()]);
  return section;
}
