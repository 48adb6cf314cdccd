import type { SuperJSONResult } from 'superjson';
import type { LiveEvent, LiveSample } from './live.ts';
import { transformer } from './transformer.ts';

/** An event with its id, as tRPC hands it to the transformer. */
interface TrackedEvent {
  readonly id: string;
  readonly data: LiveEvent;
}

const META = { values: { 'data.time': ['Date'] }, v: 1 } as const;

/**
 * The first event of a stream whose others are written without tRPC: the transformer leaves it whole, so that the
 * encoder sees which request it answers.
 */
export class FirstEvent {
  readonly #tracked: string;
  /** Told of the response in which it goes out. */
  readonly onResponse: (response: object) => void;

  /** @param tracked as {@link writeTracked} writes it */
  constructor(tracked: string, onResponse: (response: object) => void) {
    this.#tracked = tracked;
    this.onResponse = onResponse;
  }

  toJSON(): unknown {
    return JSON.parse(this.#tracked);
  }
}

/** The transformer at the server: it writes what superjson writes, and the samples of live streams without its walk. */
export const serverTransformer = {
  serialize(value: unknown): SuperJSONResult {
    const { data: first } = (value ?? {}) as { readonly data?: unknown };
    if (first instanceof FirstEvent) return first as never;
    if (!isTrackedSample(value)) return transformer.serialize(value);
    const { id, data } = value;
    return { json: { id, data: { ...data, time: data.time.toISOString() } }, meta: META } as never;
  },
  deserialize: (wire: SuperJSONResult): unknown => transformer.deserialize(wire),
};

/** The JSON of an event with its id, as tRPC sends it. */
export function writeTracked(event: TrackedEvent): string {
  return JSON.stringify(serverTransformer.serialize(event));
}

function isTrackedSample(value: unknown): value is { readonly id: string; readonly data: LiveSample } {
  const { id, data } = (value ?? {}) as { readonly id?: unknown; readonly data?: Partial<LiveSample> };
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
