import type { Config } from '../config.ts';
import { createLogger } from '../logger.ts';
import { openStore } from '../open-store.ts';
import { createHttpSink } from './http-sink.ts';
import { interruptSignal } from './interrupt.ts';
import type { CommandIo, SampleSink } from './sample-sink.ts';
import { createStoreSink } from './store-sink.ts';

/** A command that fills a sink; gives its exit code. */
export type LoadWork = (openSink: () => Promise<SampleSink>, io: CommandIo) => Promise<number>;

/** Where samples go: the store that the settings name, or a running server. */
export type LoadTarget = Config | { readonly url: string; readonly apiKey: string | undefined };

/** Runs a command until it is done or Ctrl-C ends it after the batch under way; a second Ctrl-C ends it at once. */
export function runLoad(work: LoadWork, target: LoadTarget): Promise<number> {
  const io: CommandIo = { stream: process.stderr, signal: interruptSignal() };
  return work(() => openSink(target, io.signal), io);
}

async function openSink(target: LoadTarget, signal: AbortSignal): Promise<SampleSink> {
  if ('url' in target) return createHttpSink({ ...target, signal });
  return createStoreSink(await openStore(target, 'hyperdash seed or import', createLogger(target)));
}
