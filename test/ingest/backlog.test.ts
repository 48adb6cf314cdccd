import { describe, expect, test } from 'vitest';
import { Backlog } from '../../src/ingest/backlog.ts';

const LIMITS = { maxPendingRows: 100, maxPendingBytes: 1000 };
const refused = expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' });

describe('the backlog', () => {
  test('refuses at once what exceeds its rows, and takes more when there is room again', () => {
    const backlog = new Backlog(LIMITS);
    const release = backlog.admitRows(90);
    expect(() => backlog.admitRows(11)).toThrowError(refused);
    release();
    release();
    expect(backlog.rows).toBe(0);
    backlog.admitRows(11);
    expect([backlog.rows, backlog.refused]).toEqual([11, 1]);
  });

  test('takes what is larger than the bound when nothing else is pending', () => {
    const backlog = new Backlog(LIMITS);
    backlog.admitRows(500);
    expect(() => backlog.admitRows(1)).toThrowError(refused);
  });

  test('refuses bodies past its bytes, and any once its rows are full', () => {
    const backlog = new Backlog(LIMITS);
    const release = backlog.admitBytes(600);
    expect(() => backlog.admitBytes(401)).toThrowError(refused);
    release();
    backlog.admitRows(100);
    expect(() => backlog.admitBytes(1)).toThrowError(refused);
  });
});
