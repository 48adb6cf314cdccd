/**
 * Hashes text and a seed to 32 bits (FNV-1a with a final mix), for use as the key of {@link hashUnit}.
 */
export function hashText(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** A number in [0, 1) that depends on the key and on `index` (a whole number, |index| < 2^53) alone. */
export function hashUnit(key: number, index: number): number {
  const low = index | 0;
  const high = Math.floor(index / 0x100000000) | 0;
  return (mix(mix(key ^ low) + high) >>> 0) / 0x100000000;
}

// The finaliser of MurmurHash3.
function mix(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * Adds value noise to `values`: random heights in [-amplitude, amplitude] at the multiples of `periodMs`, joined
 * smoothly (1D value noise, Perlin's smoothstep). Sample `i` is at `fromMs + i * stepMs`; what is added to it
 * depends on its time and the key alone.
 */
export function addValueNoise(
  key: number,
  periodMs: number,
  amplitude: number,
  fromMs: number,
  stepMs: number,
  values: Float64Array,
): void {
  let cell = Number.NaN;
  let left = 0;
  let rise = 0;
  for (let i = 0; i < values.length; i++) {
    const position = (fromMs + i * stepMs) / periodMs;
    const at = Math.floor(position);
    if (at !== cell) {
      cell = at;
      left = (hashUnit(key, at) * 2 - 1) * amplitude;
      rise = (hashUnit(key, at + 1) * 2 - 1) * amplitude - left;
    }
    const x = position - at;
    values[i] = values[i]! + left + rise * x * x * (3 - 2 * x);
  }
}

/**
 * Adds fractal noise: octaves of {@link addValueNoise} from `periodMs` down, each `1/3.7` as long (so that their
 * lattices do not coincide) and `persistence` times as high.
 */
export function addFractalNoise(
  key: number,
  shape: { periodMs: number; amplitude: number; octaves: number; persistence: number },
  fromMs: number,
  stepMs: number,
  values: Float64Array,
): void {
  let { periodMs, amplitude } = shape;
  for (let octave = 0; octave < shape.octaves; octave++) {
    addValueNoise(hashText(`octave ${octave}`, key), periodMs, amplitude, fromMs, stepMs, values);
    periodMs /= 3.7;
    amplitude *= shape.persistence;
  }
}
