import type { SuperJSONResult } from 'superjson';
import type { LiveSample } from './live.ts';
import { transformer } from './transformer.ts';

/** A sample with its id, as tRPC hands it to the transformer. */
interface TrackedSample {
  readonly id: string;
  readonly data: LiveSample;
}

const META = { values: { 'data.time': ['Date'] }, v: 1 } as const;

/** The transformer at the server: it writes what superjson writes, and the samples of live streams without its walk. */
export const serverTransformer = {
  serialize(value: unknown): SuperJSONResult {
    if (!isTrackedSample(value)) return transformer.serialize(value);
    const { id, data } = value;
    return { json: { id, data: { ...data, time: data.time.toISOString() } }, meta: META } as never;
  },
  deserialize: (wire: SuperJSONResult): unknown => transformer.deserialize(wire),
};

function isTrackedSample(value: unknown): value is TrackedSample {
  const { id, data } = (value ?? {}) as Partial<TrackedSample>;
  return typeof id === 'string' && data?.metric_name !== undefined && isPlain(data);
}

/** Superjson spells minus zero its own way, and NaN. */
function isPlain({ time, value, labels, host }: Partial<LiveSample>): boolean {
  return (
    time instanceof Date &&
    Number.isFinite(value) &&
    !Object.is(value, -0) &&
    typeof host === 'string' &&
    labels !== undefined
  );
}
