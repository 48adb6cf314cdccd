import { z } from 'zod';

const NAME_MAX_LENGTH = 200;
const LABEL_VALUE_MAX_LENGTH = 1000;
/** Labels that a series may have. */
export const LABELS_MAX = 64;
/** Names that no label may have: superjson refuses to write an object that has one. */
export const UNSAFE_LABELS: readonly string[] = ['__proto__', 'constructor', 'prototype'];

/** No control characters (C0, DEL, C1) and no lone surrogates, which PostgreSQL cannot store. */
const printable = (text: string): boolean => !/[\p{Cc}\p{Cs}]/u.test(text);

const Name = z
  .string()
  .min(1, 'must not be empty')
  .max(NAME_MAX_LENGTH, `must have at most ${NAME_MAX_LENGTH} characters`)
  .refine(printable, 'must not contain control characters');

/** A metric's name, such as `cpu_usage`: 1 to 200 printable characters. */
export const MetricName = Name.describe('Name of the metric').meta({ example: 'cpu_usage' });

/** The host that a series comes from: 1 to 200 printable characters. */
export const Host = Name.describe('Host that the series comes from').meta({ example: 'web-1' });

/** Labels that tell apart series of one metric and host; a label with an empty value counts as absent. */
export const Labels = z
  .record(
    Name,
    z
      .string()
      .max(LABEL_VALUE_MAX_LENGTH, `must have at most ${LABEL_VALUE_MAX_LENGTH} characters`)
      .refine(printable, 'must not contain control characters'),
  )
  .refine((labels) => Object.keys(labels).length <= LABELS_MAX, `at most ${LABELS_MAX} labels`)
  .describe('Labels of the series')
  .meta({ example: { mount: '/var' } });
export type Labels = z.infer<typeof Labels>;

/** `label=value`, both literal; the value may itself contain `=`. */
const Matcher = z
  .string()
  .max(NAME_MAX_LENGTH + 1 + LABEL_VALUE_MAX_LENGTH)
  .regex(/^[^=]+=/, 'must be label=value')
  .refine(printable, 'must not contain control characters');

/** Label matchers: every one must hold (`mount=/var`). An empty value matches series without that label. */
export const Match = z.array(Matcher).max(LABELS_MAX, `at most ${LABELS_MAX} matchers`);

/** Splits matchers into a label → value map; a label named twice must have one value to match anything. */
export function parseMatchers(
  match: readonly string[],
): ReadonlyArray<readonly [label: string, value: string]> {
  return match.map((matcher) => {
    const at = matcher.indexOf('=');
    return [matcher.slice(0, at), matcher.slice(at + 1)] as const;
  });
}
