/** The value below which a share of the sorted measurements lies: 0.5 is the median. */
export function quantile(measurements: readonly number[], share: number): number {
  const sorted = [...measurements].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Prints one figure in columns: what, how much, and what it is held against. */
export function figure(what: string, value: number, unit: string, target = ''): void {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  console.log(`${what.padEnd(56)}${value.toFixed(digits).padStart(12)} ${unit.padEnd(6)} ${target}`);
}

/** Times calls one after another, in milliseconds. */
export async function timeCalls(count: number, call: () => Promise<unknown>): Promise<number[]> {
  const measurements: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedMs = performance.now();
    await call();
    measurements.push(performance.now() - startedMs);
  }
  return measurements;
}
