/** Bodies that each decoder is given: few unless FUZZ_RUNS says otherwise; `npm run fuzz` gives 100 000. */
export const FUZZ_RUNS = Number(process.env.FUZZ_RUNS ?? 3000);

/** What separates and escapes in the text protocols, and the numbers that reach limits. */
const TELLING_TEXTS = [
  ...',= \n\r\t"\\#\0{}[]:.-+eE_',
  '\\"',
  '\\\n',
  'NaN',
  '1e999',
  '-0',
  'null',
  '9223372036854775807',
  '__proto__',
  '\u2028',
  '\ud83d\ude00',
].map((text) => Buffer.from(text));

/** Bytes that lengths, tags and varints of protobuf and snappy turn on. */
const TELLING_BYTES = [0, 1, 8, 9, 10, 11, 12, 18, 26, 34, 42, 127, 128, 240, 252, 255];

/** A generator of the same random numbers for the same seed; gives whole numbers below the bound. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/**
 * Gives bodies to try a decoder with: random bytes, and valid bodies that were damaged in a few places.
 * @param valid bodies that the decoder takes
 */
export function* damagedBodies(valid: readonly Buffer[], runs: number, seed: number): Generator<Buffer> {
  const random = randomNumbers(seed);
  for (let run = 0; run < runs; run++) {
    if (run % 10 === 0) {
      yield Buffer.from(Array.from({ length: random(200) }, () => random(256)));
      continue;
    }
    let body: Buffer = Buffer.from(valid[random(valid.length)]!);
    for (let times = 1 + random(4); times > 0; times--) body = damaged(body, valid, random);
    yield body;
  }
}

function damaged(body: Buffer, valid: readonly Buffer[], random: (below: number) => number): Buffer {
  const at = random(body.length + 1);
  const length = random(Math.min(40, body.length - at + 1));
  const [before, part, after] = [
    body.subarray(0, at),
    body.subarray(at, at + length),
    body.subarray(at + length),
  ];
  switch (random(8)) {
    case 0:
      return Buffer.from(before);
    case 1:
      return Buffer.concat([before, after]);
    case 2:
      return Buffer.concat([before, part, part, after]);
    case 3:
      return Buffer.concat([before, TELLING_TEXTS[random(TELLING_TEXTS.length)]!, after]);
    case 4:
      return Buffer.concat([
        before,
        Buffer.from([TELLING_BYTES[random(TELLING_BYTES.length)]!]),
        after.subarray(1),
      ]);
    case 5:
      return Buffer.concat([before, valid[random(valid.length)]!.subarray(random(40))]);
    case 6:
      return Buffer.concat([before, Buffer.alloc(1 + random(12), 255), after]);
    default: {
      const flipped = Buffer.from(body);
      if (at < body.length) flipped[at]! ^= 1 << random(8);
      return flipped;
    }
  }
}
