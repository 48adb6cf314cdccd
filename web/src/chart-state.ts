/** The ranges that end now, by what the API calls them, with their lengths in milliseconds. */
export const SPANS = {
  '15m': 900_000,
  '1h': 3_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
  '90d': 7_776_000_000,
} as const;
export type Span = keyof typeof SPANS;

export const AGGREGATES = ['avg', 'min', 'max', 'sum', 'count', 'last'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** A range of time: the last of something, or from one instant to another in epoch milliseconds. */
export type Range = { readonly span: Span } | { readonly fromMs: number; readonly toMs: number };

/** All that a chart page shows; its address says the same. */
export interface ChartState {
  /** One chart for each. */
  readonly metrics: readonly string[];
  /** Every host where it is empty. */
  readonly hosts: readonly string[];
  /** `label=value`, all of which must hold. */
  readonly match: readonly string[];
  readonly aggregate: Aggregate;
  readonly by: 'series' | 'host';
  /** `auto` shows the min–max band where it does not hide anything. */
  readonly band: 'auto' | 'on' | 'off';
  readonly range: Range;
}

export const DEFAULT_STATE: ChartState = {
  metrics: [],
  hosts: [],
  match: [],
  aggregate: 'avg',
  by: 'series',
  band: 'auto',
  range: { span: '1h' },
};

/** Reads the query of an address; what it does not understand counts as not given. */
export function parseChartState(query: string): ChartState {
  const given = new URLSearchParams(query);
  const one = <T extends string>(name: string, words: readonly T[], otherwise: T): T =>
    words.find((word) => word === given.get(name)) ?? otherwise;
  return {
    metrics: unique(given.getAll('metric')),
    hosts: unique(given.getAll('host')),
    match: unique(given.getAll('match')).filter((matcher) => /^[^=]+=/.test(matcher)),
    aggregate: one('aggregate', AGGREGATES, DEFAULT_STATE.aggregate),
    by: one('by', ['series', 'host'], DEFAULT_STATE.by),
    band: one('band', ['auto', 'on', 'off'], DEFAULT_STATE.band),
    range: parseRange(given),
  };
}

function parseRange(given: URLSearchParams): Range {
  const [fromMs, toMs] = [Number(given.get('from')), Number(given.get('to'))];
  if (Number.isInteger(fromMs) && Number.isInteger(toMs) && fromMs >= 0 && toMs > fromMs) {
    return { fromMs, toMs };
  }
  const span = given.get('range') ?? '';
  return Object.hasOwn(SPANS, span) ? { span: span as Span } : DEFAULT_STATE.range;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names.filter(Boolean))];
}

/** The address of a chart, without what goes without saying. */
export function chartAddress(state: Partial<ChartState>): string {
  const { metrics, hosts, match, aggregate, by, band, range } = { ...DEFAULT_STATE, ...state };
  const query = new URLSearchParams();
  for (const metric of metrics) query.append('metric', metric);
  for (const host of hosts) query.append('host', host);
  for (const matcher of match) query.append('match', matcher);
  if (aggregate !== DEFAULT_STATE.aggregate) query.set('aggregate', aggregate);
  if (by !== DEFAULT_STATE.by) query.set('by', by);
  if (band !== DEFAULT_STATE.band) query.set('band', band);
  if ('span' in range) query.set('range', range.span);
  else {
    query.set('from', String(range.fromMs));
    query.set('to', String(range.toMs));
  }
  return `/chart?${query}`;
}

/** The range in epoch milliseconds, as of now. */
export function boundsOf(range: Range, nowMs: number): { fromMs: number; toMs: number } {
  return 'span' in range ? { fromMs: nowMs - SPANS[range.span], toMs: nowMs } : range;
}
