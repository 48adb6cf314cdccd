import { z } from 'zod';
import { fieldErrors } from '../contract/field-errors.ts';
import { Host, LABELS_MAX, Labels, MetricName, UNSAFE_LABELS } from '../contract/names.ts';
import { inOneLine } from '../errors.ts';
import type { SeriesIdentity } from '../store/resolve-series.ts';
import { Generations } from './generations.ts';
import type { Protocol } from './protocol.ts';

const REMEMBERED_SERIES = 250_000;
const REMEMBERED_LENGTH = 64 * 1024 * 1024;

/** A series as its sender names it. A label with an empty value counts as absent; unit and kind are optional. */
export interface SeriesName {
  readonly metricName: string;
  readonly host: string;
  readonly labels: ReadonlyArray<readonly [name: string, value: string]>;
  readonly unit?: string | undefined;
  readonly kind?: string | undefined;
}

/** A series that is known to be well named, and its id once the catalogue has told it. */
export interface SeriesRef {
  readonly identity: SeriesIdentity;
  /** 0 until the catalogue has told it. */
  id: number;
  /** The catalogue has yet to be told the unit and kind. */
  describe: boolean;
  /** The catalogue was full when it was asked last: not to be asked again before this, epoch milliseconds. */
  refusedUntilMs: number;
}

const WellNamed = z.object({ metric_name: MetricName, host: Host, labels: Labels });

/**
 * Remembers the series that were written last, so that a decoder finds one by the very text or bytes its sender
 * names it with, without parsing or checking those again.
 */
export class SeriesRegistry {
  readonly #series = new Generations<SeriesRef>(REMEMBERED_SERIES, REMEMBERED_LENGTH);
  readonly #keys = new Map<Protocol, Generations<SeriesRef>>();

  /** What a protocol's raw keys stand for; a key must name one series exactly. */
  keysOf(protocol: Protocol): Generations<SeriesRef> {
    let keys = this.#keys.get(protocol);
    if (keys === undefined) {
      keys = new Generations(REMEMBERED_SERIES, REMEMBERED_LENGTH);
      this.#keys.set(protocol, keys);
    }
    return keys;
  }

  /** Finds or adds a series by its name; gives the reason, in words, where that name cannot be stored. */
  find(name: SeriesName): SeriesRef | string {
    const labels = name.labels.filter(([, value]) => value !== '');
    const fault = faultOf(name, labels);
    if (fault !== undefined) return fault;
    labels.sort(([a], [b]) => (a < b ? -1 : 1));
    const key = [name.metricName, name.host, ...labels.flat()].join('\0');
    const unit = describable(name.unit);
    const kind = describable(name.kind);
    const known = this.#series.get(key);
    if (known !== undefined && isDescribedAs(known.identity, unit, kind)) return known;
    const ref: SeriesRef = {
      identity: {
        metricName: name.metricName,
        host: name.host,
        labels: Object.fromEntries(labels),
        unit,
        kind,
      },
      id: known?.id ?? 0,
      describe: unit !== undefined || kind !== undefined,
      refusedUntilMs: known?.refusedUntilMs ?? 0,
    };
    this.#series.set(key, ref);
    return ref;
  }
}

function faultOf(name: SeriesName, labels: SeriesName['labels']): string | undefined {
  // Before anything is done for each of them.
  if (labels.length > LABELS_MAX) return `labels: at most ${LABELS_MAX} labels`;
  const record = Object.fromEntries(labels);
  const unsafe = UNSAFE_LABELS.find((label) => Object.hasOwn(record, label));
  if (unsafe !== undefined) return `labels.${unsafe}: is no name for a label`;
  if (Object.keys(record).length < labels.length) return `labels: ${repeated(labels)} is given twice`;
  const checked = WellNamed.safeParse({ metric_name: name.metricName, host: name.host, labels: record });
  if (checked.success) return undefined;
  return inOneLine(fieldErrors(checked.error));
}

function repeated(labels: SeriesName['labels']): string {
  const seen = new Set<string>();
  for (const [label] of labels) {
    if (seen.has(label)) return label;
    seen.add(label);
  }
  return '';
}

/** A unit or kind that cannot be stored is no reason to refuse the samples. */
function describable(text: string | undefined): string | undefined {
  return MetricName.safeParse(text).success ? text : undefined;
}

function isDescribedAs(identity: SeriesIdentity, unit?: string, kind?: string): boolean {
  return (unit === undefined || unit === identity.unit) && (kind === undefined || kind === identity.kind);
}
