import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Flights } from '../../../src/query/cache/flights.ts';

/** Work that ends when told to. */
function openWork() {
  const signals: AbortSignal[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return {
    begun: () => signals.length,
    givenUp: () => signals.some(({ aborted }) => aborted),
    resolve,
    reject,
    work(signal: AbortSignal) {
      signals.push(signal);
      return promise;
    },
  };
}

test('work that several wait for is done once, and again for whoever comes later', async () => {
  const flights = new Flights<string>();
  const first = openWork();
  const waiting = [
    flights.join('a', first.work),
    flights.join('a', first.work),
    flights.join('a', first.work),
  ];
  const other = flights.join('b', async () => 'other');
  expect([flights.has('a'), first.begun()]).toEqual([true, 1]);
  first.resolve('done');
  await expect(Promise.all(waiting)).resolves.toEqual(['done', 'done', 'done']);
  await expect(other).resolves.toBe('other');
  expect(flights.has('a')).toBe(false);
  await expect(flights.join('a', async () => 'again')).resolves.toBe('again');
});

test('one that goes away does not end the work of the others, whichever came first', async () => {
  for (const leaves of [0, 1]) {
    const flights = new Flights<string>();
    const { work, resolve, givenUp } = openWork();
    const gone = [new AbortController(), new AbortController()];
    const waiting = gone.map(({ signal }) => flights.join('a', work, signal));
    gone[leaves]!.abort();
    await expect(waiting[leaves]).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' });
    expect(givenUp()).toBe(false);
    resolve('done');
    await expect(waiting[1 - leaves]).resolves.toBe('done');
  }
});

test('work that nobody waits for any more is given up, and begun anew by the next', async () => {
  const flights = new Flights<string>();
  const abandoned = openWork();
  const gone = new AbortController();
  const waiting = flights.join('a', abandoned.work, gone.signal);
  gone.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' });
  expect(abandoned.givenUp()).toBe(true);
  await expect(flights.join('a', async () => 'anew')).resolves.toBe('anew');
  abandoned.reject(new Error('given up'));
  await setImmediate();
});

test('a failure is told to all who wait, and kept for nobody', async () => {
  const flights = new Flights<string>();
  const { work, reject } = openWork();
  const waiting = [flights.join('a', work), flights.join('a', work)];
  reject(new Error('broken'));
  for (const each of waiting) await expect(each).rejects.toThrow('broken');
  await expect(flights.join('a', async () => 'mended')).resolves.toBe('mended');
});
