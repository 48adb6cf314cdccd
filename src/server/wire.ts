import type { z } from 'zod';

/** What a query string holds: each name with one value, or several where it was repeated. */
export type WireFields = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Reads the strings of a URL as the types that a schema expects: numbers, booleans, arrays. An empty value counts as
 * not given. What cannot be read stays a string, so that the schema itself refuses it by name.
 */
export function fromWire(schema: z.core.$ZodType, fields: WireFields): Record<string, unknown> {
  const shape = (schema as z.core.$ZodObject)._zod.def.shape ?? {};
  const read: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(fields)) {
    const given = [text].flat().filter((value) => value !== undefined && value !== '') as string[];
    if (given.length === 0 && name in shape) continue;
    const field = Object.hasOwn(shape, name) ? innermost(shape[name]!) : undefined;
    if (field?._zod.def.type === 'array') read[name] = given.map((value) => scalar(itemOf(field), value));
    else read[name] = given.length > 1 ? given : scalar(field, given[0] ?? '');
  }
  return read;
}

function scalar(schema: z.core.$ZodType | undefined, text: string): unknown {
  const type = schema?._zod.def.type;
  if (type === 'number' && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function itemOf(array: z.core.$ZodType): z.core.$ZodType {
  return innermost((array as z.core.$ZodArray)._zod.def.element);
}

/** The schema behind `optional`, `default` and `nullable`. */
function innermost(schema: z.core.$ZodType): z.core.$ZodType {
  const { innerType } = schema._zod.def as Partial<z.core.$ZodOptionalDef>;
  return innerType === undefined ? schema : innermost(innerType);
}
