import { isUtf8 } from 'node:buffer';
import { HyperdashError } from '../../errors.ts';
import type { DecodingContext } from '../decoding-context.ts';
import type { Generations } from '../generations.ts';
import { SERIES_NAME_MAX_LENGTH } from '../limits.ts';
import type { SeriesRef } from '../series-registry.ts';
import { hostOfLabel } from './host.ts';
import { LineScanner } from './line-scanner.ts';

/** Microseconds of each unit that a timestamp may be in; InfluxDB 1 and 2 spell some of them differently. */
const UNIT_US: Readonly<Record<string, number>> = {
  ns: 1e-3,
  n: 1e-3,
  us: 1,
  u: 1,
  µ: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
};

const TIMESTAMP = /^-?\d{1,19}$/;
const INTEGER = /^[+-]?\d{1,20}[iu]$/;
const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const BOOLEANS: ReadonlyMap<string, number> = new Map([
  ...['t', 'T', 'true', 'True', 'TRUE'].map((word) => [word, 1] as const),
  ...['f', 'F', 'false', 'False', 'FALSE'].map((word) => [word, 0] as const),
]);

/** A field of a line: its name as it stands there, and its value. */
interface Field {
  readonly name: string;
  readonly value: number | 'text';
}

/**
 * Adds the fields of InfluxDB's line protocol, each as the metric `measurement_field`. The tag `host` is the host,
 * the others are labels. A boolean is 1 or 0; text is left out. A faulty line is rejected by its number, from 1.
 * Source: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
 * @param precision unit of the timestamps, `ns` unless given
 * @throws HyperdashError BAD_REQUEST where the body is not UTF-8 or there is no such precision
 */
export function decodeLineProtocol(
  body: Buffer,
  precision: string | undefined,
  context: DecodingContext,
): void {
  const unitUs = Object.hasOwn(UNIT_US, precision || 'ns') ? UNIT_US[precision || 'ns']! : undefined;
  if (unitUs === undefined) throw new HyperdashError('BAD_REQUEST', `precision: there is no ${precision}`);
  if (!isUtf8(body)) throw new HyperdashError('BAD_REQUEST', 'the body is not UTF-8');
  const scanner = new LineScanner(body.toString('utf8'));
  const decoder = new LineDecoder(scanner, unitUs, context);
  while (scanner.nextLine()) decoder.addLine();
}

class LineDecoder {
  readonly #scanner: LineScanner;
  readonly #unitUs: number;
  readonly #context: DecodingContext;
  readonly #keys: Generations<SeriesRef>;

  constructor(scanner: LineScanner, unitUs: number, context: DecodingContext) {
    this.#scanner = scanner;
    this.#unitUs = unitUs;
    this.#context = context;
    this.#keys = context.registry.keysOf('line_protocol');
  }

  addLine(): void {
    const { line } = this.#scanner;
    const fault = this.#readLine(line);
    if (fault !== undefined) this.#context.batch.reject(line, 'malformed', fault);
  }

  /** @returns what is wrong with the line; nothing of it has been added then */
  #readLine(line: number): string | undefined {
    const start = this.#scanner.position;
    const headEnd = this.#scanner.endOfHead();
    if (headEnd === undefined) return 'a line needs a measurement and a field';
    if (headEnd - start > SERIES_NAME_MAX_LENGTH) return 'measurement and tags are too long';
    const fields = this.#readFields();
    if (typeof fields === 'string') return fields;
    const timestamp = this.#scanner.restOfLine();
    if (timestamp !== '' && !TIMESTAMP.test(timestamp)) return 'the timestamp is no whole number';
    const timeMs =
      timestamp === '' ? this.#context.receivedMs : Math.round(Number(timestamp) * this.#unitUs) / 1000;
    const head = this.#scanner.slice(start, headEnd);
    for (const { name, value } of fields) this.#add(head, name, timeMs, value, line);
    return undefined;
  }

  /** Gives what is wrong with them, in words, where something is. */
  #readFields(): Field[] | string {
    const fields: Field[] = [];
    do {
      const name = this.#scanner.fieldName();
      if (name === undefined) return 'a field needs a name and a value';
      const raw = this.#scanner.fieldValue();
      const value = raw === undefined ? undefined : numberOf(raw);
      if (value === undefined) return `${name}: is no number, boolean or quoted text`;
      fields.push({ name, value });
    } while (this.#scanner.skipComma());
    return fields;
  }

  #add(head: string, field: string, timeMs: number, value: number | 'text', line: number): void {
    const { batch, registry } = this.#context;
    if (value === 'text') {
      batch.ignored++;
      return;
    }
    // Neither holds a bare space.
    const key = `${head} ${field}`;
    let series: SeriesRef | string | undefined = this.#keys.get(key);
    if (series === undefined) {
      series = seriesOf(head, field, registry);
      if (typeof series === 'string') {
        batch.reject(line, 'invalid_series', series);
        return;
      }
      this.#keys.set(key, series);
    }
    batch.add(series, timeMs, value, line);
  }
}

function seriesOf(head: string, field: string, registry: DecodingContext['registry']): SeriesRef | string {
  const [measurement = '', ...tags] = splitBare(head, ',');
  const labels: Array<readonly [string, string]> = [];
  for (const tag of tags) {
    const [name = '', value, ...more] = splitBare(tag, '=');
    if (name === '' || value === undefined || more.length > 0) return `labels: ${tag} is not name=value`;
    labels.push([unescaped(name), unescaped(value)]);
  }
  const metricName = `${unescaped(measurement)}_${unescaped(field)}`;
  return measurement === ''
    ? 'metric_name: the measurement is missing'
    : registry.find({ metricName, ...hostOfLabel(labels, 'host') });
}

/** Splits at a character wherever no backslash stands before it. */
function splitBare(text: string, separator: string): string[] {
  if (!text.includes('\\')) return text.split(separator);
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === separator) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function unescaped(text: string): string {
  return text.includes('\\') ? text.replaceAll(/\\([,= \\])/g, '$1') : text;
}

/** The value of a field as a number; `text` for a quoted one, undefined for what is no value. */
function numberOf(raw: string): number | 'text' | undefined {
  if (FLOAT.test(raw)) return Number(raw);
  if (raw.charCodeAt(0) === 0x22) return 'text';
  if (INTEGER.test(raw)) return Number(raw.slice(0, -1));
  return BOOLEANS.get(raw);
}
