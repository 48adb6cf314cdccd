import { Agent, request } from 'node:http';
import { quantile, timeCalls } from './report.ts';

/** A client that reads whole answers over one kept connection and parses nothing. */
export interface Reader {
  /** Gets a path of the program. @returns the answer's bytes; rejects at any status but 200 */
  read(path: string): Promise<number>;
  close(): void;
}

/** Opens a reader of the program at an address. */
export function openReader(url: string): Reader {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    read: (path) =>
      new Promise((resolve, reject) => {
        const sent = request(new URL(path, url), { agent }, (response) => {
          if (response.statusCode !== 200) reject(new Error(`${path}: status ${response.statusCode}`));
          let bytes = 0;
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
          });
          response.once('end', () => resolve(bytes));
        });
        sent.once('error', reject).end();
      }),
    close: () => agent.destroy(),
  };
}

/**
 * The median of so many reads one after another, in milliseconds, after some that warm up.
 * @param path of each read, the warm-up's included, by its number
 */
export async function medianRead(
  reader: Reader,
  path: (nth: number) => string,
  { warmUp, calls }: { readonly warmUp: number; readonly calls: number },
): Promise<number> {
  let nth = 0;
  const read = () => reader.read(path(nth++));
  await timeCalls(warmUp, read);
  return quantile(await timeCalls(calls, read), 0.5);
}
