declare module 'downsample-lttb' {
  /** The reference implementation, on [x, y] pairs; gives the input itself for a threshold of 0 or at least its length. */
  export function processData(series: [number, number][], threshold: number): [number, number][];
}
