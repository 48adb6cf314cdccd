import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createMetricsClient, type MetricsClient } from '../../src/client.ts';
import type { TemplateCopy } from './database.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The program in a process of its own. */
export interface Program {
  readonly url: string;
  readonly client: MetricsClient;
  signal(signal: NodeJS.Signals): void;
  /** Settles when the process has ended. */
  readonly ended: Promise<ProgramEnd>;
}

/** How a process ended. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Everything it printed, standard output and error. */
  readonly output: string;
}

/** Settings that have the program use a database. */
export function settingsFor({ url, dataDir }: TemplateCopy): Record<string, string> {
  return {
    PORT: '0',
    AGENT: 'off',
    ...(url && { DATABASE_URL: url }),
    ...(dataDir && { DATA_DIR: dataDir }),
  };
}

/** Runs `hyperdash` with the arguments and settings given, and nothing of this process's own settings. */
export function runProgram(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<ProgramEnd> {
  return endOf(spawnProgram(args, settings));
}

/**
 * Runs `hyperdash serve` and waits until it listens.
 * @throws Error with all that it printed, where it ends before that
 */
export async function startProgram(settings: Readonly<Record<string, string>>): Promise<Program> {
  const child = spawnProgram(['serve'], { LOG_LEVEL: 'info', ...settings });
  const ended = endOf(child);
  const listening = new Promise<string>((resolve) => {
    let printed = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      printed += chunk;
      const address = /Server listening at (http:[^"]+)/.exec(printed)?.[1];
      if (address) resolve(address);
    });
  });
  const first = await Promise.race([listening, ended]);
  if (typeof first !== 'string') throw new Error(first.output);
  return {
    url: first,
    client: createMetricsClient({ url: first }),
    signal: (signal) => child.kill(signal),
    ended,
  };
}

function spawnProgram(args: readonly string[], settings: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function endOf(child: ChildProcess): Promise<ProgramEnd> {
  let output = '';
  child.stdout!.on('data', (chunk: Buffer) => (output += chunk));
  child.stderr!.on('data', (chunk: Buffer) => (output += chunk));
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, output })));
}
