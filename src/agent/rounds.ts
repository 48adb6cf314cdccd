import { setTimeout as lapse } from 'node:timers/promises';
import type { QuietLog } from './quiet-log.ts';
import type { Reader, Reading } from './reading.ts';

/** A sample as the agent hands it to the ingest. */
export interface AgentSample {
  readonly time: Date;
  readonly host: string;
  readonly metric_name: string;
  /** Finite. */
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly unit?: string;
  readonly kind: 'gauge';
}

export interface RoundsOptions {
  readonly readers: readonly Reader[];
  readonly host: string;
  /** How long a round waits for a reader before it goes on without. */
  readonly deadlineMs: number;
  readonly write: (samples: readonly AgentSample[]) => Promise<unknown>;
  readonly log: QuietLog;
}

/** None of these ever rejects. */
export interface Rounds {
  /** Calls every reader once for the sake of its counters, and writes nothing. */
  prime(): Promise<void>;
  /** Reads everything and writes it in one batch; starts nothing while an earlier batch is still being written. */
  collect(time: Date): Promise<void>;
  /** Waits for no reader any more and for a write that is under way; what is not being written yet is dropped. */
  stop(): Promise<void>;
}

/** Rounds of reading and writing, in which a reader that fails or hangs costs only its own samples. */
export function createRounds({ readers, host, deadlineMs, write, log }: RoundsOptions): Rounds {
  const busy = new Set<Reader>();
  const stopping = new AbortController();
  let writing: Promise<void> | undefined;

  async function readAll(): Promise<Reading[]> {
    const round = new AbortController();
    const signal = AbortSignal.any([stopping.signal, round.signal]);
    const deadline = lapse(deadlineMs, undefined, { signal }).catch(() => undefined);
    const groups = await Promise.all(readers.map((reader) => Promise.race([readOne(reader), deadline])));
    round.abort();
    return groups.flatMap((group) => group ?? []);
  }

  async function readOne(reader: Reader): Promise<readonly Reading[]> {
    if (busy.has(reader)) {
      log(`agent: still waiting for ${reader.subject}`, undefined);
      return [];
    }
    busy.add(reader);
    try {
      return await reader.read();
    } catch (error) {
      log(`agent: cannot read ${reader.subject}`, error);
      return [];
    } finally {
      busy.delete(reader);
    }
  }

  async function writeAll(samples: readonly AgentSample[]): Promise<void> {
    try {
      await write(samples);
    } catch (error) {
      log('agent: samples of this machine were not stored', error);
    }
  }

  return {
    async prime() {
      await readAll();
    },
    async collect(time) {
      const readings = (await readAll()).filter(({ value }) => Number.isFinite(value));
      if (stopping.signal.aborted || writing !== undefined || readings.length === 0) return;
      writing = writeAll(readings.map((reading) => ({ ...reading, time, host, kind: 'gauge' })));
      await writing;
      writing = undefined;
    },
    async stop() {
      stopping.abort();
      await writing;
    },
  };
}
