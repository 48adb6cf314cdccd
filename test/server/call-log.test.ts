import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Timings } from '../../src/query/timings.ts';
import { createCallLog } from '../../src/server/call-log.ts';

test('a slow call leaves one line with its plan, and a quick one none', async () => {
  let written = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written += chunk;
      done();
    },
  });
  const log = createCallLog(pino(stream), 1_000);
  const timings = new Timings();
  await timings.measure('plan', () => undefined);
  timings.plan = { tier: 'metrics_1hour', reason: 'the range', series: 3, rangeSeconds: 60, rows: 7 };
  const call = { procedure: 'series', code: 'OK', timings, requestId: 'r-1' };
  log({ ...call, durationMs: 999 });
  log({ ...call, durationMs: 1_234.5 });
  expect(written.trim().split('\n')).toHaveLength(1);
  expect(JSON.parse(written)).toMatchObject({
    level: 40,
    msg: 'slow query',
    reqId: 'r-1',
    procedure: 'series',
    ms: 1235,
    phases: { plan: 0 },
    plan: { tier: 'metrics_1hour', reason: 'the range', series: 3, rows: 7 },
  });
});
