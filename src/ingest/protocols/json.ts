import { z } from 'zod';
import { fieldErrors } from '../../contract/field-errors.ts';
import { Sample } from '../../contract/ingest.ts';
import { LABELS_MAX } from '../../contract/names.ts';
import type { DecodingContext } from '../decoding-context.ts';
import type { Generations } from '../generations.ts';
import type { SeriesRef } from '../series-registry.ts';

const ISO_TIME = z.regexes.datetime({ offset: true });

/**
 * Adds samples as `POST /api/metrics` and the procedure `ingest` take them, each checked on its own against
 * {@link Sample}. One whose series is known is checked by hand, which is several times faster; any doubt goes to the schema.
 */
export function decodeSamples(samples: readonly unknown[], context: DecodingContext): void {
  const keys = context.registry.keysOf('json');
  for (let index = 0; index < samples.length; index++) {
    if (!addKnown(samples[index], index, keys, context)) addChecked(samples[index], index, keys, context);
  }
}

/** @returns whether it was added; not where its series is new or anything about it is unusual */
function addKnown(
  candidate: unknown,
  index: number,
  keys: Generations<SeriesRef>,
  { batch, receivedMs }: DecodingContext,
): boolean {
  if (!hasOnlyKnownFields(candidate)) return false;
  const { value } = candidate;
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  const timeMs = candidate.time === undefined ? receivedMs : timeOf(candidate.time);
  if (timeMs === undefined) return false;
  const key = keyOf(candidate);
  const series = key === undefined ? undefined : keys.get(key);
  if (series === undefined) return false;
  batch.add(series, timeMs, value, index);
  return true;
}

function addChecked(
  candidate: unknown,
  index: number,
  keys: Generations<SeriesRef>,
  { batch, registry, receivedMs }: DecodingContext,
): void {
  const sample = parse(candidate);
  if (typeof sample === 'string') {
    batch.reject(index, 'malformed', sample);
    return;
  }
  const { metric_name: metricName, host, time, value } = sample;
  // As they were sent: the schema drops a label named __proto__, which is to be refused.
  const labels = Object.entries((candidate as Sample).labels ?? {});
  const series = registry.find({ metricName, host, labels });
  if (typeof series === 'string') {
    batch.reject(index, 'invalid_series', series);
    return;
  }
  const key = keyOf(candidate as UncheckedSample);
  if (key !== undefined) keys.set(key, series);
  batch.add(series, time?.getTime() ?? receivedMs, value, index);
}

/** Gives the reason, in words, where it is no sample. */
function parse(candidate: unknown): Sample | string {
  if (hasTooManyLabels(candidate)) return `labels: at most ${LABELS_MAX} labels`;
  const parsed = Sample.safeParse(candidate);
  if (parsed.success) return parsed.data;
  return fieldErrors(parsed.error)
    .map((error) => `${error.field}: ${error.reason}`)
    .join('; ');
}

/** The schema looks at every label before it counts them. */
function hasTooManyLabels(candidate: unknown): boolean {
  const labels = (candidate as UncheckedSample | null)?.labels;
  return typeof labels === 'object' && labels !== null && Object.keys(labels).length > LABELS_MAX;
}

type UncheckedSample = { readonly [Field in keyof Sample]?: unknown };

function hasOnlyKnownFields(candidate: unknown): candidate is UncheckedSample {
  if (typeof candidate !== 'object' || candidate === null) return false;
  for (const field in candidate) {
    if (!Object.hasOwn(Sample.shape, field)) return false;
  }
  return true;
}

/**
 * Names the series by the fields as they were sent. Names that may be stored hold no NUL and the number of labels
 * stands in front, so a key that is known was made of the same fields.
 * @returns undefined where a field is no text
 */
function keyOf({ metric_name: metricName, host, labels }: UncheckedSample): string | undefined {
  if (typeof metricName !== 'string' || typeof host !== 'string') return undefined;
  let count = 0;
  let key = `\0${metricName}\0${host}`;
  if (labels !== undefined) {
    if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) return undefined;
    for (const label of Object.keys(labels)) {
      const value = (labels as Record<string, unknown>)[label];
      if (typeof value !== 'string') return undefined;
      key += `\0${label}\0${value}`;
      count++;
    }
  }
  return count + key;
}

/** Epoch milliseconds of a time that the schema takes; undefined for any other. */
function timeOf(time: unknown): number | undefined {
  if (typeof time === 'number') return time;
  if (typeof time === 'string') return ISO_TIME.test(time) ? Date.parse(time) : undefined;
  return time instanceof Date ? time.getTime() : undefined;
}
