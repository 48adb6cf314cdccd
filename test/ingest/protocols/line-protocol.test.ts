import { describe, expect, test } from 'vitest';
import { decodeLineProtocol } from '../../../src/ingest/protocols/line-protocol.ts';
import { decoding, RECEIVED_MS } from '../../support/decoding.ts';

const TIME = RECEIVED_MS - 1000;

function decoded(text: string, precision?: string) {
  return decoding((context) => decodeLineProtocol(Buffer.from(text), precision, context));
}

describe('line protocol', () => {
  test('makes a metric of each field, its host of the tag host and labels of the other tags', () => {
    const { samples } = decoded(`cpu,host=web-1,core=0 usage=1.5,idle=98.5 ${TIME}`, 'ms');
    expect(samples).toMatchObject([
      { metric_name: 'cpu_usage', host: 'web-1', labels: { core: '0' }, timeMs: TIME, value: 1.5 },
      { metric_name: 'cpu_idle', host: 'web-1', labels: { core: '0' }, timeMs: TIME, value: 98.5 },
    ]);
  });

  test('gives a line without the tag host the host unknown, and one without a time the time of the request', () => {
    expect(decoded('m v=1').samples).toMatchObject([{ host: 'unknown', timeMs: RECEIVED_MS }]);
  });

  test.each([
    ['1', 1],
    ['-1.5e3', -1500],
    ['.5', 0.5],
    ['1.', 1],
    ['7i', 7],
    ['-7i', -7],
    ['7u', 7],
    ['t', 1],
    ['TRUE', 1],
    ['f', 0],
    ['False', 0],
  ])('reads the value %s', (raw, value) => {
    expect(decoded(`m v=${raw}`).samples.map((sample) => sample.value)).toEqual([value]);
  });

  test('leaves text out, whatever stands in it, and keeps the numbers beside it', () => {
    const { samples, ignored, rejections } = decoded(`m a=1,s="x, y=\\"2\\" \n# z",b=3 ${TIME}\nn v=4`, 'ms');
    expect(samples.map(({ metric_name, value }) => [metric_name, value])).toEqual([
      ['m_a', 1],
      ['m_b', 3],
      ['n_v', 4],
    ]);
    expect([ignored, rejections]).toEqual([1, []]);
  });

  test('reads escapes in names', () => {
    const { samples } = decoded('my\\ disk\\,x,pl\\ ace=a\\=b\\,c,host=h\\ 1 fr\\=ee=1');
    expect(samples).toMatchObject([
      { metric_name: 'my disk,x_fr=ee', host: 'h 1', labels: { 'pl ace': 'a=b,c' } },
    ]);
  });

  test.each([
    [undefined, '1769817600123456789', 1_769_817_600_123.457],
    ['ns', '1769817600123000000', 1_769_817_600_123],
    ['us', '1769817600123456', 1_769_817_600_123.456],
    ['ms', '1769817600123', 1_769_817_600_123],
    ['s', '1769817600', 1_769_817_600_000],
    ['m', '29496960', 1_769_817_600_000],
    ['h', '491616', 1_769_817_600_000],
  ])('reads times in %s down to the microsecond', (precision, time, timeMs) => {
    expect(decoded(`m v=1 ${time}`, precision).samples[0]?.timeMs).toBe(timeMs);
  });

  test('skips blank lines and comments, and takes both ends of line', () => {
    const { samples, rejections } = decoded('\n# a\n  \nm v=1\r\nm w=2\n\n');
    expect([samples.length, rejections]).toEqual([2, []]);
  });

  test.each([
    ['no field', 'm,host=a'],
    ['no value', 'm v='],
    ['a value that is none', 'm v=abc'],
    ['a quote that is not closed', 'm v="abc'],
    ['a time that is none', 'm v=1 yesterday'],
    ['a tag without a value', 'm,host v=1'],
    ['no measurement', ',host=a v=1'],
    ['a tag given twice', 'm,a=1,a=2 v=1'],
    ['a time past all bounds', 'm v=1 9223372036854775807'],
  ])('rejects a line with %s by its number, and keeps the others', (_, line) => {
    const { samples, rejections } = decoded(`a v=1\n${line}\n`);
    expect(samples.map(({ metric_name }) => metric_name)).toEqual(['a_v']);
    expect(rejections).toMatchObject([{ index: 2 }]);
  });

  test('finds its way to the next line after a fault', () => {
    const { samples, rejections } = decoded('a v=x\nb v=1\nc =1\nd v=2');
    expect(samples.map(({ metric_name }) => metric_name)).toEqual(['b_v', 'd_v']);
    expect(rejections.map(({ index }) => index)).toEqual([1, 3]);
  });

  test('refuses a precision that there is not, also one that every object has', () => {
    for (const precision of ['year', 'constructor']) {
      expect(() => decoded('m v=1', precision)).toThrowError(
        expect.objectContaining({ code: 'BAD_REQUEST' }),
      );
    }
  });
});
