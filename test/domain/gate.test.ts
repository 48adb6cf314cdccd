import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Gate } from '../../src/domain/gate.ts';

const REFUSAL = 'too many are inside';
const REFUSED = { code: 'SERVICE_UNAVAILABLE', message: REFUSAL };

test('refuses whoever has waited too long, and lets the others in as before', async () => {
  const gate = new Gate({ slots: 1, maxWaiting: 2, maxWaitMs: 20, refusal: REFUSAL });
  await gate.enter();
  await expect(gate.enter()).rejects.toMatchObject(REFUSED);
  expect([gate.running, gate.waiting, gate.refused]).toEqual([1, 0, 1]);
  const waiting = gate.enter();
  gate.leave();
  await waiting;
  // Its time to wait is over, now that it is inside.
  await sleep(40);
  expect([gate.running, gate.waiting, gate.refused]).toEqual([1, 0, 1]);
});

test('refuses more than may wait, at once', async () => {
  const gate = new Gate({ slots: 1, maxWaiting: 1, refusal: REFUSAL });
  await gate.enter();
  const waiting = gate.enter();
  await expect(gate.enter()).rejects.toMatchObject(REFUSED);
  gate.leave();
  await waiting;
});
