import { createServer } from 'node:net';
import { isGap, type LiveEvent, type LiveSample, type MetricsClient } from '../../src/client.ts';

/** A subscription of tRPC's client, as it is told. */
export interface Followed {
  readonly events: { readonly id: string; readonly data: LiveEvent }[];
  readonly errors: unknown[];
  /** The samples that came, gaps left out. */
  samples(): LiveSample[];
  /** The values that came, in order. */
  values(): number[];
  /** How often the client began to connect. */
  connects(): number;
  stop(): void;
}

type LiveQuery = Parameters<MetricsClient['live']['subscribe']>[0];

/** Subscribes, and resolves once the server has begun the stream. */
export async function follow(client: MetricsClient, input: LiveQuery): Promise<Followed> {
  const events: Followed['events'] = [];
  const errors: unknown[] = [];
  let connects = 0;
  const samples = () => events.map(({ data }) => data).filter((event): event is LiveSample => !isGap(event));
  const subscription = await new Promise<{ unsubscribe(): void }>((resolve, reject) => {
    const begun = client.live.subscribe(input, {
      onStarted: () => resolve(begun),
      onData: (event) => events.push(event as Followed['events'][number]),
      onError: (error) => {
        errors.push(error);
        reject(error);
      },
      onConnectionStateChange: ({ state }) => {
        if (state === 'connecting') connects++;
      },
    });
  });
  return {
    events,
    errors,
    samples,
    values: () => samples().map(({ value }) => value),
    connects: () => connects,
    stop: () => subscription.unsubscribe(),
  };
}

/** Polls until something holds; the test's own timeout ends it otherwise. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A port of the loopback interface that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** The whole numbers from `from` up to but without `to`. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
