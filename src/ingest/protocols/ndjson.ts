/**
 * Splits NDJSON into its samples, one a line, blank lines skipped. A line that is no JSON stays text, which no sample
 * is: the check of samples rejects it by index.
 */
export function parseNdjson(body: string): unknown[] {
  return body
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parsedOrText);
}

function parsedOrText(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
