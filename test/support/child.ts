import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A program of test/support running in a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  /** The next line of its output; undefined after its end. */
  nextLine(): Promise<string | undefined>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** All that it has written to standard error. */
  stderr(): string;
}

/** Runs `test/support/<name>.ts` with these arguments. */
export function startChild(name: string, ...args: readonly string[]): Child {
  const program = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    nextLine: async () => (await lines.next()).value,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    stderr: () => stderr,
  };
}
