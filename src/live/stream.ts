import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveGap, LiveInput } from '../contract/live.ts';
import { parseMatchers } from '../contract/names.ts';
import { parseTime } from '../contract/time.ts';
import type { SampleColumns } from '../domain/sample-columns.ts';
import type { Engine } from '../engine/engine.ts';
import { newestSamples, type ReplayQuestion, samplesLogged, samplesSince } from '../store/replay-samples.ts';
import type { LiveCounters } from './counters.ts';
import { gapEvent, type LiveEvent } from './event.ts';
import { type Cursor, EntryIds, FROM_THE_BEGINNING, parseEventId } from './event-id.ts';
import type { Feed, Start } from './feed.ts';
import { NEWEST_MAX_SERIES } from './newest-samples.ts';

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

/** Batches of events. */
export type LiveStream = AsyncGenerator<readonly LiveEvent[], void>;

/**
 * Subscribes, and gives the stream: what its opening shows, and then whatever is committed from here on. The past is
 * read after the subscription has begun, so nothing falls between. It ends as soon as `signal` aborts, and outlasts
 * failures of the database: it waits for its return.
 */
export async function openStream(
  parts: StreamParts,
  input: LiveInput,
  signal: AbortSignal,
): Promise<LiveStream> {
  const { metric_name: metricName, host, match = [] } = input;
  const selector = { metricName, host, matchers: parseMatchers(match) };
  const start = await untilItWorks(parts, signal, () => parts.feed.subscribe(selector));
  if (start === undefined) return (async function* () {})();
  const close = () => start.subscription.close();
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();
  return run({ ...parts, input, start, signal });
}

interface Opening extends StreamParts {
  readonly input: LiveInput;
  readonly start: Start;
  readonly signal: AbortSignal;
}

async function* run(open: Opening): LiveStream {
  const { feed, counters } = open;
  const { subscription } = open.start;
  try {
    for await (const events of opening(open)) {
      counters.events += events.length;
      yield events;
    }
    while (!subscription.closed) {
      if (subscription.takeLoss()) yield* gapThenNewest({ ...open, start: feed.restart(subscription) }, null);
      const events = subscription.take();
      counters.events += events.length;
      if (events.length === 0) await subscription.wait();
      else yield events;
    }
  } finally {
    subscription.close();
  }
}

function opening(open: Opening): LiveStream {
  const { input, feed, start, counters } = open;
  const { lastEventId, since } = input;
  if (lastEventId && lastEventId !== FROM_THE_BEGINNING) {
    counters.replays++;
    const cursor = parseEventId(lastEventId);
    if (cursor === undefined) return gapThenNewest(open, null);
    return feed.reaches(cursor) ? feed.replay(cursor, start) : resumeFromLog(open, lastEventId, cursor);
  }
  if (since === undefined) return newest(open);
  counters.replays++;
  return sinceThen(open, since);
}

/** What the commit log holds after a cursor; or a gap, and the newest samples. */
async function* resumeFromLog(open: Opening, lastEventId: string, cursor: Cursor): LiveStream {
  const { engine, replayMaxSamples, start } = open;
  const question = questionOf(open, replayMaxSamples + 1);
  const replay = await untilItWorks(open, open.signal, () =>
    samplesLogged(engine, question, cursor.snapshot),
  );
  if (replay === undefined) return;
  const { xmax } = cursor.snapshot;
  if (replay.completeFrom > xmax || xmax > replay.endsBefore) {
    yield* gapThenNewest(open, cursor.atMs);
  } else if (replay.samples.times.length > replayMaxSamples) {
    yield* gapThenNewest(open, cursor.atMs, 'replay_too_large');
  } else {
    start.subscription.leaveOut(cursor.snapshot);
    yield* show(open, replay.samples, lastEventId);
  }
}

async function* sinceThen(open: Opening, since: string | number): LiveStream {
  const { engine, replayMaxSamples, nowMs } = open;
  const time = parseTime(since)!;
  const fromMs = 'atMs' in time ? time.atMs : nowMs() - time.agoMs;
  const samples = await untilItWorks(open, open.signal, () =>
    samplesSince(engine, questionOf(open, replayMaxSamples), fromMs),
  );
  if (samples === undefined) return;
  if (samples.times.length === replayMaxSamples) {
    const gap = { from: new Date(fromMs), to: new Date(samples.times[0]!), skipped: null };
    yield [tellGap(open, { ...gap, reason: 'replay_too_large' })];
  }
  yield* show(open, samples, FROM_THE_BEGINNING);
}

async function* newest(open: Opening): LiveStream {
  const { engine, feed, start, newestMaxSeries } = open;
  const { metricName } = start.subscription.selector;
  const ofMetric = {
    selector: { metricName, matchers: [] },
    past: start.past,
    maxSamples: NEWEST_MAX_SERIES + 1,
  };
  const samples = await untilItWorks(
    open,
    open.signal,
    async () =>
      (await feed.newest(start, () => newestSamples(engine, ofMetric))) ??
      newestSamples(engine, questionOf(open, newestMaxSeries)),
  );
  if (samples !== undefined) yield* show(open, newestFirst(samples, newestMaxSeries), FROM_THE_BEGINNING);
}

async function* gapThenNewest(
  open: Opening,
  fromMs: number | null,
  reason: LiveGap['gap']['reason'] = 'not_retained',
): LiveStream {
  const from = fromMs === null ? null : new Date(fromMs);
  yield [tellGap(open, { from, to: new Date(open.nowMs()), skipped: null, reason })];
  yield* newest(open);
}

/** Shows samples that were read; all but the last get the id that has the opening repeated. */
async function* show({ feed, start, nowMs }: Opening, samples: SampleColumns, repeatId: string): LiveStream {
  const publishedMs = nowMs();
  const done = new EntryIds({ ...start, atMs: publishedMs }).at(-1);
  const last = samples.times.length - 1;
  const ids = { at: (index: number) => (index === last ? done : repeatId) };
  const events = await feed.eventsFrom(samples, { xid: 0, publishedMs, ids });
  for (let from = 0; from < events.length; from += BATCH_EVENTS)
    yield events.slice(from, from + BATCH_EVENTS);
}

function newestFirst({ seriesIds, times, values }: SampleColumns, maxSamples: number): SampleColumns {
  const order = [...times.keys()].sort((a, b) => times[b]! - times[a]!).slice(0, maxSamples);
  return {
    seriesIds: Int32Array.from(order, (i) => seriesIds[i]!),
    times: Float64Array.from(order, (i) => times[i]!),
    values: Float64Array.from(order, (i) => values[i]!),
  };
}

function questionOf({ start }: Opening, maxSamples: number): ReplayQuestion {
  return { selector: start.subscription.selector, past: start.past, maxSamples };
}

function tellGap({ counters }: Opening, gap: LiveGap['gap']): LiveEvent {
  counters.gaps++;
  return gapEvent(FROM_THE_BEGINNING, gap);
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
