import { expect, test } from 'vitest';
import type { LiveGap, LiveSample } from '../../src/contract/live.ts';
import { parseSnapshot } from '../../src/domain/snapshot.ts';
import { createCounters } from '../../src/live/counters.ts';
import { SampleEvent } from '../../src/live/event.ts';
import { EntryIds, parseEventId } from '../../src/live/event-id.ts';
import { Subscription } from '../../src/live/subscription.ts';

const ids = new EntryIds({ epoch: 'a', entry: 0, atMs: 0, snapshot: parseSnapshot('1:1:')! });

function eventOf(seriesId: number, value: number): SampleEvent {
  const series = {
    id: seriesId,
    metricName: 'm',
    host: `h${seriesId}`,
    labels: {},
    json: '{"metric_name":"m","time":"',
    matched: { version: undefined, subscriptions: [] },
  };
  return new SampleEvent(series, value, value, { xid: value, publishedMs: value, ids }, value);
}

function subscribe(maxEvents: number) {
  const counters = createCounters();
  const limits = { maxEvents, maxBytes: 1_000_000 };
  const subscription = new Subscription({ metricName: 'm', matchers: [] }, limits, counters, () => {});
  const take = () => subscription.take().map(({ answer }) => answer as LiveSample | LiveGap);
  return { subscription, counters, take };
}

test('what waits comes in order', () => {
  const { subscription, take } = subscribe(10);
  for (const value of [1, 2, 3]) subscription.push(eventOf(1, value));
  expect(take()).toMatchObject([{ value: 1 }, { value: 2 }, { value: 3 }]);
  expect(take()).toEqual([]);
});

test('once too much waits the latest of each series is kept, behind a gap that counts the rest', () => {
  const { subscription, counters, take } = subscribe(5);
  for (const value of [1, 2, 3, 4, 5, 6, 7, 8]) subscription.push(eventOf(value % 2, value));
  expect(take()).toEqual([
    { gap: { from: new Date(1), to: new Date(6), skipped: 6, reason: 'slow_consumer' } },
    expect.objectContaining({ host: 'h1', value: 7 }),
    expect.objectContaining({ host: 'h0', value: 8 }),
  ]);
  expect(counters).toMatchObject({ dropped: 6, gaps: 1 });
  subscription.push(eventOf(1, 9));
  expect(take()).toMatchObject([{ value: 9 }]);
});

test('whoever resumes at a gap gets what was kept behind it again', () => {
  const { subscription } = subscribe(2);
  for (const value of [1, 2, 3, 4]) subscription.push(eventOf(1, value));
  const [gap, kept] = subscription.take();
  expect(parseEventId(gap!.id)!.index).toBe(parseEventId(kept!.id)!.index - 1);
});

test('the bound holds where there are more series than events may wait', () => {
  const { subscription, take } = subscribe(5);
  for (let series = 0; series < 100; series++) subscription.push(eventOf(series, series));
  const [gap, ...kept] = take();
  expect(gap).toMatchObject({ gap: { skipped: 95 } });
  expect(kept).toMatchObject([95, 96, 97, 98, 99].map((value) => ({ value })));
});

test('who waits is woken by an event, and by the end', async () => {
  const { subscription } = subscribe(5);
  const woken = subscription.wait();
  subscription.push(eventOf(1, 1));
  await woken;
  subscription.take();
  const ended = subscription.wait();
  subscription.close();
  await ended;
  expect(subscription.closed).toBe(true);
});
