import { type FileHandle, open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse/sync';
import { badField, HyperdashError } from '../errors.ts';
import { type CsvSample, parseCsvSample } from './csv-sample.ts';

/** A CSV file whose header has been read. */
export interface CsvFile {
  /** Every line after the header that is not blank, by its number in the file (the header's is 1). Once only. */
  rows(): AsyncIterable<{ readonly line: number; readonly sample: CsvSample }>;
  /** How much of the file has been read, 0–1. */
  fraction(): number;
  close(): Promise<void>;
}

/**
 * Opens a CSV file with the columns `timestamp` and `value`, in any place and among others, named by its first line.
 * A quoted field may hold commas but no line break: so a stray quote costs its own line and not the rest of the file.
 * @throws HyperdashError NOT_FOUND, FORBIDDEN or BAD_REQUEST where there is no such file
 */
export async function openCsv(path: string): Promise<CsvFile> {
  const file = await openFile(path);
  try {
    const { size } = await file.stat();
    const input = file.createReadStream({ encoding: 'utf8', autoClose: false });
    const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
    const columns = findColumns(path, (await lines.next()).value);
    return {
      rows: () => readRows(lines, columns),
      fraction: () => (size > 0 ? Math.min(1, input.bytesRead / size) : 0),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openFile(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new HyperdashError('NOT_FOUND', `${path}: no such file`);
    if (code === 'EACCES') throw new HyperdashError('FORBIDDEN', `${path}: not allowed to read it`);
    throw new HyperdashError('BAD_REQUEST', message);
  }
  if (!(await file.stat()).isDirectory()) return file;
  await file.close();
  throw new HyperdashError('BAD_REQUEST', `${path}: is a directory`);
}

interface Columns {
  readonly timestamp: number;
  readonly value: number;
}

function findColumns(path: string, header: string | undefined): Columns {
  if (header === undefined) throw badField(path, 'the file is empty');
  const names = splitLine(header.replace(/^\ufeff/, '')).map((name) => name.toLowerCase());
  const timestamp = names.indexOf('timestamp');
  const value = names.indexOf('value');
  const missing = [...(timestamp < 0 ? ['timestamp'] : []), ...(value < 0 ? ['value'] : [])];
  if (missing.length > 0) {
    const found = JSON.stringify(names.join(',').slice(0, 100));
    throw badField(path, `no column named ${missing.join(' and ')} in the first line, which is ${found}`);
  }
  return { timestamp, value };
}

async function* readRows(lines: AsyncIterator<string>, columns: Columns) {
  for (let line = 2; ; line++) {
    const { done, value: text } = await lines.next();
    if (done) return;
    if (text.trim() !== '') yield { line, sample: readLine(text, columns) };
  }
}

function readLine(text: string, columns: Columns): CsvSample {
  let fields: string[];
  try {
    fields = splitLine(text);
  } catch {
    return { reason: 'a quote is not closed, or in the wrong place' };
  }
  return parseCsvSample(fields[columns.timestamp], fields[columns.value]);
}

/** @throws CsvError where quotes do not match */
function splitLine(text: string): string[] {
  const fields = text.split(',').map((field) => field.trim());
  if (!text.includes('"')) return fields;
  // Far cheaper than a parser for every line, and right unless a field holds a quote or a comma.
  const unquoted = fields.map((field) => /^"([^"]*)"$/.exec(field)?.[1] ?? field);
  if (!unquoted.some((field) => field.includes('"'))) return unquoted;
  return (parse(text, { trim: true }) as string[][])[0] ?? [];
}
