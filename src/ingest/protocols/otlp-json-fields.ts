import { HyperdashError } from '../../errors.ts';

/** An object of JSON whose fields may be anything. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The list in a field; empty where there is none.
 * @throws HyperdashError BAD_REQUEST where it is no list
 */
export function listOf(json: JsonObject, field: string): readonly unknown[] {
  const list = json[field] ?? [];
  if (!Array.isArray(list)) throw isNot(field, 'a list');
  return list;
}

/**
 * The list of objects in a field; empty where there is none.
 * @throws HyperdashError BAD_REQUEST where it is no such list
 */
export function objectsOf(json: JsonObject, field: string): readonly JsonObject[] {
  const list = listOf(json, field);
  if (!list.every(isObject)) throw isNot(field, 'a list of objects');
  return list;
}

/**
 * The object in a field; an empty one where there is none.
 * @throws HyperdashError BAD_REQUEST where it is no object
 */
export function objectOf(json: JsonObject, field: string): JsonObject {
  const object = json[field] ?? {};
  if (!isObject(object)) throw isNot(field, 'an object');
  return object;
}

/**
 * The text in a field; empty where there is none.
 * @throws HyperdashError BAD_REQUEST where it is no text
 */
export function textOf(json: JsonObject, field: string): string {
  const text = json[field] ?? '';
  if (typeof text !== 'string') throw isNot(field, 'text');
  return text;
}

/**
 * The number in a field, also where it stands as text, as 64-bit integers do; undefined where there is none.
 * `NaN`, `Infinity` and `-Infinity` stand as text too.
 * @throws HyperdashError BAD_REQUEST where it is no number
 */
export function numberOf(json: JsonObject, field: string): number | undefined {
  const value = json[field] ?? undefined;
  if (value === undefined || typeof value === 'number') return value;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  if (Number.isNaN(number) && value !== 'NaN') throw isNot(field, 'a number');
  return number;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNot(field: string, what: string): HyperdashError {
  return new HyperdashError('BAD_REQUEST', `${field}: is not ${what}`);
}
