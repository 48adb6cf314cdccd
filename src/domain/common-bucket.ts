/** Widths that divide a minute, an hour or a day, so that buckets align to UTC. Milliseconds, ascending. */
const WIDTHS_MS = [10, 15, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400].map(
  (seconds) => seconds * 1_000,
);

/**
 * The width of the buckets that several raw series are put into before they are aggregated: at least 10 s (the
 * interval of the agent, so that each bucket holds every host), and wide enough for `points` to cover the range.
 * @returns milliseconds
 */
export function commonBucketMs(rangeMs: number, points: number): number {
  const wantedMs = rangeMs / points;
  return WIDTHS_MS.find((widthMs) => widthMs >= wantedMs) ?? WIDTHS_MS.at(-1)!;
}
