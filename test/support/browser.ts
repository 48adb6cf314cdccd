import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { delimiter, extname, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Where this machine has Chromium; undefined where it has none. */
export function findChromium(): string | undefined {
  const directories = (process.env.PATH ?? '').split(delimiter);
  return directories.flatMap((directory) => NAMES.map((name) => join(directory, name))).find(existsSync);
}

/** Files of a directory, over HTTP on loopback. */
export interface FileServer {
  readonly origin: string;
  close(): void;
}

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

/** Serves a directory; `directory` is asked for each file, so that it may be made later. */
export async function serveFiles(directory: string): Promise<FileServer> {
  const server = createServer(async (request, response) => {
    const path = request.url === '/' ? '/index.html' : request.url!;
    try {
      const file = await readFile(join(directory, path));
      response
        .writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' })
        .end(file);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/** Nothing that reaches out; and Chromium's own sandbox does not start as root, as CI runs. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts Chromium without a window. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: FLAGS });
}

/** Lends a page of a fresh browser. */
export async function withPage<Result>(
  executablePath: string,
  use: (page: Page) => Promise<Result>,
): Promise<Result> {
  const browser = await launchChromium(executablePath);
  try {
    return await use(await browser.newPage());
  } finally {
    await browser.close();
  }
}

/** Opens a page and gives what it logs, up to the line `done`. @throws where the page fails */
export async function logOfPage(executablePath: string, url: string): Promise<string[]> {
  return withPage(executablePath, async (page) => {
    const lines: string[] = [];
    const finished = new Promise<void>((resolve, reject) => {
      page.on('pageerror', reject);
      page.on('console', (message) => {
        if (message.type() === 'error') reject(new Error(message.text()));
        if (message.text() === 'done') resolve();
        else lines.push(message.text());
      });
    });
    await page.goto(url);
    await finished;
    return lines;
  });
}
