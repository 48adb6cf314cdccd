import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveGap, LiveInput } from '../contract/live.ts';
import { parseMatchers } from '../contract/names.ts';
import { parseTime } from '../contract/time.ts';
import type { Engine } from '../engine/engine.ts';
import type { SeriesSelector } from '../store/matching-series.ts';
import { newestSamples, type Replay, samplesLogged, samplesSince } from '../store/replay-samples.ts';
import type { LiveCounters } from './counters.ts';
import { gapEvent, type LiveEvent } from './event.ts';
import { type Cursor, EntryIds, FROM_THE_BEGINNING, parseEventId } from './event-id.ts';
import type { Feed, Start } from './feed.ts';

const RETRY_MS = 1000;
/** Events handed on at once; a door that is full makes the rest wait. */
const BATCH_EVENTS = 256;

/** What streams are made from. */
export interface StreamParts {
  readonly engine: Engine;
  readonly feed: Feed;
  readonly counters: LiveCounters;
  readonly onError: (error: unknown) => void;
  readonly nowMs: () => number;
  /** Samples that an opening replays at most. */
  readonly replayMaxSamples: number;
  /** Series whose newest sample an opening shows at most. */
  readonly newestMaxSeries: number;
}

/**
 * One subscriber's stream, in batches: what its opening shows, and then whatever is committed. It begins to listen
 * before it reads the past, so that nothing falls between. It ends as soon as `signal` aborts, and outlasts failures of
 * the database.
 */
export async function* openStream(
  parts: StreamParts,
  input: LiveInput,
  signal: AbortSignal,
): AsyncGenerator<readonly LiveEvent[], void> {
  const selector = {
    metricName: input.metric_name,
    host: input.host,
    matchers: parseMatchers(input.match ?? []),
  };
  const start = await untilItWorks(parts, signal, () => parts.feed.subscribe(selector));
  if (start === undefined) return;
  const { subscription } = start;
  const open = { ...parts, input, selector, start, signal };
  const close = () => subscription.close();
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();
  try {
    yield* count(parts, opening(open));
    while (!subscription.closed) {
      if (subscription.takeLoss())
        yield* count(parts, afterLoss({ ...open, start: parts.feed.startOf(subscription) }));
      const events = subscription.take();
      if (events.length === 0) await subscription.wait();
      else yield* count(parts, [events]);
    }
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

interface Opening extends StreamParts {
  readonly input: LiveInput;
  readonly selector: SeriesSelector;
  readonly start: Start;
  readonly signal: AbortSignal;
}

async function* opening(open: Opening): AsyncGenerator<readonly LiveEvent[]> {
  const { input, feed, start, counters } = open;
  const { lastEventId } = input;
  if (lastEventId && lastEventId !== FROM_THE_BEGINNING) {
    counters.replays++;
    const cursor = parseEventId(lastEventId);
    if (cursor !== undefined && feed.reaches(cursor)) yield* feed.replay(cursor, start);
    else yield* resumeFromLog(open, lastEventId, cursor);
  } else if (input.since !== undefined) {
    counters.replays++;
    yield* sinceThen(open, input.since);
  } else {
    yield* newest(open);
  }
}

/** What the commit log holds after a cursor; or a gap, and the newest samples. */
async function* resumeFromLog(
  open: Opening,
  lastEventId: string,
  cursor: Cursor | undefined,
): AsyncGenerator<readonly LiveEvent[]> {
  const { engine, selector, replayMaxSamples, start } = open;
  if (cursor === undefined) {
    yield* gapThenNewest(open, null, 'not_retained');
    return;
  }
  const replay = await untilItWorks(open, open.signal, () =>
    samplesLogged(engine, selector, cursor.snapshot, replayMaxSamples + 1),
  );
  if (replay === undefined) return;
  const { xmax } = cursor.snapshot;
  if (replay.completeFrom > xmax || xmax > replay.snapshot.xmax) {
    yield* gapThenNewest(open, cursor.atMs, 'not_retained');
  } else if (replay.samples.times.length > replayMaxSamples) {
    yield* gapThenNewest(open, cursor.atMs, 'replay_too_large');
  } else {
    start.subscription.leaveOut(replay.snapshot);
    yield* show(open, replay, lastEventId);
  }
}

async function* sinceThen(open: Opening, since: string | number): AsyncGenerator<readonly LiveEvent[]> {
  const { engine, selector, replayMaxSamples, start, nowMs } = open;
  const time = parseTime(since)!;
  const fromMs = 'atMs' in time ? time.atMs : nowMs() - time.agoMs;
  const replay = await untilItWorks(open, open.signal, () =>
    samplesSince(engine, selector, fromMs, replayMaxSamples),
  );
  if (replay === undefined) return;
  start.subscription.leaveOut(replay.snapshot);
  if (replay.samples.times.length === replayMaxSamples) {
    const gap = { from: new Date(fromMs), to: new Date(replay.samples.times[0]!), skipped: null };
    yield [tellGap(open, { ...gap, reason: 'replay_too_large' })];
  }
  yield* show(open, replay, FROM_THE_BEGINNING);
}

async function* newest(open: Opening): AsyncGenerator<readonly LiveEvent[]> {
  const { engine, selector, newestMaxSeries, start } = open;
  const replay = await untilItWorks(open, open.signal, () =>
    newestSamples(engine, selector, newestMaxSeries),
  );
  if (replay === undefined) return;
  start.subscription.leaveOut(replay.snapshot);
  yield* show(open, replay, FROM_THE_BEGINNING);
}

function afterLoss(open: Opening): AsyncGenerator<readonly LiveEvent[]> {
  return gapThenNewest(open, null, 'not_retained');
}

async function* gapThenNewest(
  open: Opening,
  fromMs: number | null,
  reason: LiveGap['gap']['reason'],
): AsyncGenerator<readonly LiveEvent[]> {
  const from = fromMs === null ? null : new Date(fromMs);
  yield [tellGap(open, { from, to: new Date(open.nowMs()), skipped: null, reason })];
  yield* newest(open);
}

/** Shows samples that were read; all but the last get the id that has the opening repeated. */
async function* show(
  { feed, start, nowMs }: Opening,
  { samples, snapshot }: Replay,
  repeatId: string,
): AsyncGenerator<readonly LiveEvent[]> {
  const publishedMs = nowMs();
  const done = new EntryIds({ epoch: start.epoch, entry: start.entry, atMs: publishedMs, snapshot }).at(-1);
  const last = samples.times.length - 1;
  const ids = { at: (index: number) => (index === last ? done : repeatId) };
  const events = await feed.eventsFrom({ xid: 0, samples, publishedMs, ids });
  for (let from = 0; from < events.length; from += BATCH_EVENTS)
    yield events.slice(from, from + BATCH_EVENTS);
}

function tellGap({ counters }: Opening, gap: LiveGap['gap']): LiveEvent {
  counters.gaps++;
  return gapEvent(FROM_THE_BEGINNING, gap);
}

async function* count(
  { counters }: StreamParts,
  batches: AsyncIterable<readonly LiveEvent[]> | Iterable<readonly LiveEvent[]>,
): AsyncGenerator<readonly LiveEvent[]> {
  for await (const batch of batches) {
    counters.events += batch.length;
    yield batch;
  }
}

/** Undefined where it was given up since the subscriber has gone. */
async function untilItWorks<Answer>(
  { onError }: StreamParts,
  signal: AbortSignal,
  attempt: () => Promise<Answer>,
): Promise<Answer | undefined> {
  while (!signal.aborted) {
    try {
      return await attempt();
    } catch (error) {
      onError(error);
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}
