import { HyperdashError } from '../../errors.ts';

/** A value of an attribute, of any type. */
export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | readonly AttributeValue[]
  | { readonly [name: string]: AttributeValue };

/** Attributes that one resource or data point may have; more than a series may, as some are left out. */
const ATTRIBUTES_MAX = 1000;

/** How deep the value of an attribute may be nested. */
export const ATTRIBUTE_MAX_DEPTH = 16;

/**
 * Adds an attribute with its value as text: lists and maps as JSON, nothing as no text.
 * @throws HyperdashError BAD_REQUEST where there are too many
 */
export function addAttribute(
  attributes: Array<readonly [string, string]>,
  name: string,
  value: AttributeValue,
): void {
  if (attributes.length === ATTRIBUTES_MAX) {
    throw new HyperdashError('BAD_REQUEST', `more than ${ATTRIBUTES_MAX} attributes`);
  }
  attributes.push([name, textOf(value)]);
}

/** What a value nested deeper than {@link ATTRIBUTE_MAX_DEPTH} is refused with. */
export function tooDeep(): HyperdashError {
  return new HyperdashError('BAD_REQUEST', 'the value of an attribute is nested too deep');
}

function textOf(value: AttributeValue): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
