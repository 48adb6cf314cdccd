import { cpuReader, loadReader } from './cpu.ts';
import { diskReader } from './disk.ts';
import { memoryReader } from './memory.ts';
import { networkReader } from './network.ts';
import { processReader } from './process.ts';
import { createQuietLog, type WarningLog } from './quiet-log.ts';
import type { Reader } from './reading.ts';
import { type AgentSample, createRounds } from './rounds.ts';

/** Between priming the readers of rates and the first collection. */
const PRIMING_MS = 1000;
/** Timers may fire a little before their time. */
const EARLY_MS = 5;

export interface AgentOptions {
  /** The name that every sample is stored under. */
  readonly host: string;
  /** Between two collections, which fall on its multiples by the wall clock; 10 000 where it is left out. */
  readonly intervalMs?: number;
  /** Stores samples; the agent drops what it refuses and goes on. */
  readonly write: (samples: readonly AgentSample[]) => Promise<unknown>;
  readonly logger: WarningLog;
  /** What to read; this machine and this process where it is left out. The agent closes them as it stops. */
  readonly readers?: readonly Reader[];
}

/** A running agent. */
export interface Agent {
  /** Starts no further collection and waits for a write that is under way; never rejects. */
  stop(): Promise<void>;
}

/** Collects this machine's metrics: first after a second, then at every multiple of the interval. */
export function startAgent(options: AgentOptions): Agent {
  const { host, intervalMs = 10_000, write, logger, readers = machineReaders() } = options;
  const rounds = createRounds({
    readers,
    host,
    deadlineMs: intervalMs / 2,
    write,
    log: createQuietLog(logger),
  });
  void rounds.prime();
  let timer = setTimeout(() => collect(new Date()), Math.min(PRIMING_MS, intervalMs));

  function collect(time: Date): void {
    void rounds.collect(time);
    timer = setTimeout(() => collect(lastMultiple(intervalMs)), msToNextMultiple(intervalMs));
  }

  return {
    async stop() {
      clearTimeout(timer);
      await rounds.stop();
      for (const reader of readers) reader.close?.();
    },
  };
}

/** Everything that can be read of this machine and this process. */
export function machineReaders(): Reader[] {
  return [cpuReader(), loadReader(), memoryReader(), diskReader(), networkReader(), processReader()];
}

function lastMultiple(intervalMs: number): Date {
  return new Date(Math.floor((Date.now() + EARLY_MS) / intervalMs) * intervalMs);
}

/** At least a tenth of the interval, so that no rate is taken over next to nothing. */
function msToNextMultiple(intervalMs: number): number {
  const earliest = Date.now() + intervalMs / 10;
  return Math.ceil(earliest / intervalMs) * intervalMs - Date.now();
}
