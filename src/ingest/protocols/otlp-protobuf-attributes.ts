import { ATTRIBUTE_MAX_DEPTH, type AttributeValue, addAttribute, tooDeep } from './otlp-attributes.ts';
import { eachField, endOfField, type Reader, readText } from './protobuf.ts';

const KEY_VALUE = { key: 0x0a, value: 0x12 };
const ANY_VALUE = { text: 0x0a, bool: 0x10, int: 0x18, double: 0x21, list: 0x2a, map: 0x32, bytes: 0x3a };
const LIST = { value: 0x0a };

/**
 * Reads a `KeyValue`, and adds it to the attributes.
 * @throws HyperdashError BAD_REQUEST where its value is nested too deep or there are too many attributes
 */
export function readAttribute(
  reader: Reader,
  holderEnd: number,
  attributes: Array<readonly [string, string]>,
): void {
  const [name, value] = readKeyValue(reader, endOfField(reader, holderEnd), 0);
  addAttribute(attributes, name, value);
}

function readKeyValue(reader: Reader, end: number, depth: number): [name: string, value: AttributeValue] {
  let name = '';
  let value: AttributeValue = null;
  eachField(reader, end, (tag) => {
    if (tag === KEY_VALUE.key) name = readText(reader);
    else if (tag === KEY_VALUE.value) value = readAnyValue(reader, endOfField(reader, end), depth);
    else return false;
    return true;
  });
  return [name, value];
}

function readAnyValue(reader: Reader, end: number, depth: number): AttributeValue {
  if (depth > ATTRIBUTE_MAX_DEPTH) throw tooDeep();
  let value: AttributeValue = null;
  eachField(reader, end, (tag) => {
    if (tag === ANY_VALUE.text) value = readText(reader);
    else if (tag === ANY_VALUE.bool) value = reader.bool();
    else if (tag === ANY_VALUE.int) value = reader.int64().toString();
    else if (tag === ANY_VALUE.double) value = reader.double();
    else if (tag === ANY_VALUE.list) value = readList(reader, endOfField(reader, end), depth);
    else if (tag === ANY_VALUE.map) value = readMap(reader, endOfField(reader, end), depth);
    else if (tag === ANY_VALUE.bytes) value = Buffer.from(reader.bytes()).toString('base64');
    else return false;
    return true;
  });
  return value;
}

function readList(reader: Reader, end: number, depth: number): AttributeValue {
  const list: AttributeValue[] = [];
  eachField(reader, end, (tag) => {
    if (tag !== LIST.value) return false;
    list.push(readAnyValue(reader, endOfField(reader, end), depth + 1));
    return true;
  });
  return list;
}

function readMap(reader: Reader, end: number, depth: number): AttributeValue {
  const entries: [string, AttributeValue][] = [];
  eachField(reader, end, (tag) => {
    if (tag !== LIST.value) return false;
    entries.push(readKeyValue(reader, endOfField(reader, end), depth + 1));
    return true;
  });
  return Object.fromEntries(entries);
}
