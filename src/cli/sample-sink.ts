/** Samples of one series as two columns of equal length. */
export interface SampleBatch {
  readonly host: string;
  readonly metric_name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** As `metrics` shows them; a sink that cannot carry them leaves them out. */
  readonly unit?: string;
  readonly kind?: string;
  /** Epoch ms, in any order, doubles allowed. */
  readonly times: Float64Array;
  /** Finite. */
  readonly values: Float64Array;
}

/** What became of a batch; every sample is in exactly one of the three. */
export interface SinkAnswer {
  readonly accepted: number;
  readonly duplicates: number;
  /** By index in the batch. */
  readonly rejected: readonly { readonly index: number; readonly reason: string }[];
}

/** Where `seed` and `import` put samples: a store of their own, or a running server. */
export interface SampleSink {
  /**
   * Stores a batch; what it answers as accepted is committed. The columns are the caller's again afterwards.
   * @throws HyperdashError where the batch as a whole cannot be stored
   */
  write(batch: SampleBatch): Promise<SinkAnswer>;
  /** Called once before the first write, with the range of all that will be written, `[fromMs, toMs)`. */
  beginHistory?(fromMs: number, toMs: number): Promise<void>;
  /**
   * Called once after the last write, also of a run that was interrupted, with the range `[fromMs, toMs)` of all that
   * was accepted; brings rollups up to date. Not called where nothing was accepted.
   */
  finish?(fromMs: number, toMs: number, onProgress: (fraction: number) => void): Promise<void>;
  /** Frees what the sink holds; always called, once. */
  close(): Promise<void>;
}

/** What a command needs of the process that runs it. */
export interface CommandIo {
  /** Where progress and the outcome are told; standard error. */
  readonly stream: ProgressStream;
  /** Aborts on Ctrl-C: the command ends after the batch under way. */
  readonly signal: AbortSignal;
}

/** The part of a terminal or file stream that is written to. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}
