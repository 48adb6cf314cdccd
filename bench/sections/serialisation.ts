import { SuperJSON } from 'superjson';
import { Points } from '../../src/contract/points.ts';
import { transformer } from '../../src/contract/transformer.ts';
import { answerJson } from '../../src/server/answer-json.ts';
import { measure, type Section } from '../support/section.ts';

const STEP_MS = 4000;

export const TRPC_TEXT = 'tRPC: columns as base64';
export const REST_TEXT = 'REST: rows written from columns';

/** An answer's text made, and read again where our client does that. */
export function serialisation(length: number): Promise<Section> {
  const times = Float64Array.from({ length }, (_, i) => 1_764_669_600_000 + i * STEP_MS);
  const answer = { metric_name: 'cpu_usage', points: new Points(times, times.map(valueAt)) };
  const rows = { ...answer, points: [...answer.points] };
  const text = JSON.stringify(transformer.serialize(answer));
  const restText = answerJson(answer);
  return measure(`The text of ${length.toLocaleString('en')} points`, {
    [TRPC_TEXT]: () => JSON.stringify(transformer.serialize(answer)),
    [REST_TEXT]: () => answerJson(answer),
    'JSON.stringify of an object a point': () => JSON.stringify(answer),
    'superjson of an object a point': () => SuperJSON.stringify(rows),
    'tRPC, read': () => transformer.deserialize(JSON.parse(text)),
    'REST, read': () => JSON.parse(restText),
  });
}

/** A value with as many digits as a measurement has. */
function valueAt(timeMs: number): number {
  return Math.round((50 + 40 * Math.sin(timeMs / 600_000)) * 100) / 100 + 1e-3;
}
