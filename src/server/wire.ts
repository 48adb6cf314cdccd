import type { z } from 'zod';
import { HyperdashError, inOneLine } from '../errors.ts';

/** What a query string holds: each name with one value, or several where it was repeated. */
export type WireFields = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Reads the strings of a URL as the types that a schema expects: numbers, booleans, arrays. An empty value counts as
 * not given. What cannot be read stays a string, so that the schema itself refuses it by name.
 * @throws HyperdashError BAD_REQUEST that names every field which the schema does not have
 */
export function fromWire(schema: z.ZodObject, fields: WireFields): Record<string, unknown> {
  const { shape } = schema;
  refuseUnknown(shape, Object.keys(fields));
  const read: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(fields)) {
    const given = [text].flat().filter((value) => value !== undefined && value !== '') as string[];
    if (given.length === 0) continue;
    const field = innermost(shape[name]!);
    if (field._zod.def.type === 'array') read[name] = given.map((value) => scalar(elementOf(field), value));
    else read[name] = given.length > 1 ? given : scalar(field, given[0]!);
  }
  return read;
}

/** A name that nothing reads is a typing error more often than not, so it must not pass. */
function refuseUnknown(shape: z.core.$ZodShape, names: readonly string[]): void {
  const unknown = names.filter((name) => !Object.hasOwn(shape, name));
  if (unknown.length === 0) return;
  const fields = unknown.map((field) => ({ field, reason: 'is not a known field' }));
  throw new HyperdashError('BAD_REQUEST', inOneLine(fields), { fields });
}

function scalar(schema: z.core.$ZodType, text: string): unknown {
  const { type } = schema._zod.def;
  if (type === 'number' && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function elementOf(array: z.core.$ZodType): z.core.$ZodType {
  return innermost((array as z.core.$ZodArray)._zod.def.element);
}

/** The schema behind `optional`, `default` and `nullable`. */
function innermost(schema: z.core.$ZodType): z.core.$ZodType {
  const { innerType } = schema._zod.def as Partial<z.core.$ZodOptionalDef>;
  return innerType === undefined ? schema : innermost(innerType);
}
